// The page: it starts, says what the model is for, and takes pictures in.

import { listen } from "./arrivals.js";
import { sheet } from "./drawing.js";
import { begin, redraw } from "./gallery.js";
import { counted, element, named, printable } from "./text.js";
import { saysAll, subject, title } from "./title.js";
import { isSmall } from "./view.js";

const INLINE = 12; // classes that are listed without being asked for
const PAUSE = 250; // ms after a stroke

const by = (id) => document.getElementById(id);
let model;

let shown = 0; // percents of the model that were said to be loaded
start().catch((error) => {
  shown = 100; // what is still loading must not take the place of the reason
  say("state", `${printable(error.message)}. Reload the page to try again.`, "wrong");
});

async function start() {
  by("late").remove();
  const { connect, privacy } = document.body.dataset.answers === "browser"
    ? await import("./browser.js")
    : await import("./server.js");
  say("state", "Loading the model …");
  const asker = connect({ token, progress });
  model = await asker.open();
  by("state").hidden = true;
  by("privacy").textContent = privacy;
  introduce();
  begin(asker, model);
  listen();
  draw();
  document.querySelector("main").hidden = false;
}

function say(id, text, kind = "") {
  by(id).className = `banner ${kind}`;
  by(id).textContent = text;
  by(id).hidden = false;
}

function progress(share) {
  const percents = Math.floor(share * 4) * 25; // seldom, as it is read aloud
  if (percents > shown) say("state", `Loading the model … ${shown = percents} %`);
}

/** Ask the user for a token, and return it. */
function token(refused) {
  by("refused").textContent = refused ? "The server did not take this token." : "";
  by("state").hidden = true;
  by("token").hidden = false;
  by("secret").focus();
  return new Promise((resolve) => {
    by("token").onsubmit = (event) => {
      event.preventDefault();
      by("token").hidden = true;
      resolve(by("secret").value.trim());
      by("secret").value = "";
    };
  });
}

/** Say what the model is for, in words of its classes, or in those of whoever wrote the page. */
function introduce() {
  const { classes, input } = model;
  const parts = model.title ? [{ name: model.title }] : title(classes);
  by("title").replaceChildren(...parts.map((part) => part.name === undefined ? part : named(part.name)));
  const heading = by("title").textContent;
  document.title = /[?!.]$/.test(heading) ? `${heading} Try the model` : `${heading}: try the model`;
  by("hint-what").textContent = `Draw ${subject(classes)}here`;
  const colour = input.channels === 1 ? "in grey" : "in colour";
  const doubts = model.abstains ? ", or says that it does not know." : ". It always answers, also of pictures that show nothing of the kind.";
  by("about").textContent = `The model sees a picture at ${input.width} × ${input.height} pixels ${colour}, and answers `
    + `with ${classes.length === 1 ? "the only class that it knows" : `one of ${counted(classes.length, "class", "classes")}`}${doubts}`;
  const own = model.name === "model" ? "" : ` ${printable(model.name)}`; // the name that every export has
  by("which").textContent = `Model${own}${own && ","} version ${printable(model.version)}.`;
  by("classes").hidden = !model.title && saysAll(classes);
  by("classes").open = classes.length <= INLINE;
  by("classes").querySelector("summary").textContent = classes.length === 1 ? "The class" : `The ${counted(classes.length, "class", "classes")}`;
  by("classes").querySelector("ul").append(...classes.map((name) => element("li", {}, named(name))));
  letScroll(by("classes"));
  const drawable = input.channels === 1 && isSmall(input);
  by("drawing").open = drawable;
  if (!drawable) by("drop").after(by("drawing"));
}

/** Let a list that is higher than its place be scrolled by keyboard. */
function letScroll(details) {
  const list = details.querySelector("ul");
  list.setAttribute("aria-label", "Classes");
  const reach = () => {
    if (list.scrollHeight > list.clientHeight) list.tabIndex = 0;
    else list.removeAttribute("tabindex");
  };
  details.addEventListener("toggle", reach);
  window.addEventListener("resize", reach);
  reach();
}

function draw() {
  let [card, waits] = [null, 0];
  const told = (text) => { by("guess").textContent = text; };
  const changed = (blob) => {
    clearTimeout(waits);
    if (blob) {
      waits = setTimeout(() => { card = redraw(card, blob, told); }, PAUSE);
    } else {
      card = null;
      told("");
    }
  };
  const controls = sheet(by("sheet"), model.input, {
    dark: () => by("dark-ink").checked,
    changed,
    empty: (is) => { by("hint").hidden = !is; },
    say: (text) => { by("pen").textContent = text; },
  });
  by("undo").addEventListener("click", controls.undo);
  by("clear").addEventListener("click", controls.clear);
  by("dark-ink").addEventListener("change", controls.redraw);
}
