// How pictures come: chosen, photographed, pasted or dropped.

import { add } from "./gallery.js";

const by = (id) => document.getElementById(id);

/** Take what is given from now on. */
export function listen() {
  for (const id of ["choose", "photograph"]) {
    by(id).addEventListener("change", ({ target }) => {
      take(target.files);
      target.value = ""; // the same file can be chosen again
    });
  }
  document.addEventListener("paste", ({ clipboardData, target }) => {
    if (target.id !== "secret") take(clipboardData.files);
  });
  let inside = 0; // elements that the pointer has entered: leaving one may be entering its child
  const over = (change) => document.body.classList.toggle("over", (inside = change) > 0);
  document.addEventListener("dragenter", () => over(inside + 1));
  document.addEventListener("dragleave", () => over(inside - 1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(0);
    take(event.dataTransfer.files);
  });
}

/** Add pictures, and bring the first into view: now, and once its answer has given it its height. */
function take(files) {
  let revealed = false;
  const shown = () => {
    if (!revealed) reveal();
    revealed = true;
  };
  if (add([...files], { shown }).length) reveal();
}

function reveal() {
  const { top, bottom } = (by("cards").firstElementChild ?? by("found")).getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) by("found").scrollIntoView({ block: "start" });
}
