// Text and elements of the page. Texts of data are set as text, never as HTML.

/** Return an element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Return text in which nothing hides: control letters and turned directions are spelled out. */
export function printable(text) {
  return text.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => {
    return `\\u{${letter.codePointAt(0).toString(16)}}`;
  });
}

/** Return a name whose direction, right to left or not, stays its own. */
export function named(text) {
  return element("bdi", { textContent: printable(text) || "(no name)" });
}

/** Return a share of 1 as a person reads it; what is not all or nothing is not shown as such. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "<\u00a00.1\u00a0%";
  if (share < 1 && share > 0.999) return ">\u00a099.9\u00a0%";
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

/** Return a number of things, with commas, and the word for one or several. */
export function counted(number, one, several = `${one}s`) {
  return `${number.toLocaleString("en")}\u00a0${number === 1 ? one : several}`;
}
