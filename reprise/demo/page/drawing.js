// A sheet to draw on, with finger, pen, mouse or keyboard.

import { PEN, SIDE, framed } from "./framing.js";

const STEP = 0.04; // of the side, of an arrow key
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Make the canvas a sheet; `changed` gets a PNG, or null where it is empty. */
export function sheet(canvas, input, { dark, changed, empty, say }) {
  const scale = SIDE / Math.max(input.width, input.height);
  const [width, height] = [input.width, input.height].map((side) => Math.round(side * scale));
  [canvas.width, canvas.height] = [width, height];
  const strokes = [];
  const pen = { x: width / 2, y: height / 2, down: false, seen: false };
  let drawing = null; // the pointer that draws

  const show = () => {
    paint(canvas, strokes, dark());
    empty(!strokes.length);
    if (pen.seen) mark(canvas, pen);
  };
  const ended = async () => {
    show();
    if (!strokes.length) return changed(null);
    const made = Object.assign(document.createElement("canvas"), { width, height });
    paint(made, framed(strokes, input, width, height), dark());
    return made.toBlob(changed, "image/png");
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
  };
  const begin = (event) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    pen.seen = pen.down = false;
    canvas.setPointerCapture(drawing);
    strokes.push([at(event)]);
    show();
  };
  const move = (event) => {
    if (event.pointerId !== drawing) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(passed.length ? passed : [event]).map(at));
    show();
  };
  const end = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    ended();
  };
  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) strokes.push([[pen.x, pen.y]]);
      say(pen.down ? "Pen down" : "Pen up");
    } else if (event.key in MOVES) {
      const [x, y] = MOVES[event.key].map((step) => step * STEP * SIDE * (event.shiftKey ? 4 : 1));
      pen.x = Math.min(width, Math.max(0, pen.x + x));
      pen.y = Math.min(height, Math.max(0, pen.y + y));
      if (pen.down) strokes.at(-1).push([pen.x, pen.y]);
    } else if (event.key === "Delete") {
      controls.clear();
    } else if (event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey))) {
      controls.undo();
    } else {
      return;
    }
    event.preventDefault();
    pen.seen = true;
    if (pen.down || event.key === " ") ended();
    else show();
  });
  canvas.addEventListener("focus", () => { pen.seen = canvas.matches(":focus-visible"); show(); });
  canvas.addEventListener("blur", () => { pen.seen = pen.down = false; show(); });
  const controls = {
    undo: () => {
      pen.down = false;
      say(strokes.pop() ? "Last line removed" : "Nothing to undo");
      ended();
    },
    clear: () => { strokes.length = 0; pen.down = false; say("Cleared"); ended(); },
    redraw: ended,
  };
  show();
  return controls;
}

function paint(canvas, strokes, dark) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = dark ? "#fff" : "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(pen, {
    strokeStyle: dark ? "#000" : "#fff", lineWidth: PEN * SIDE, lineCap: "round", lineJoin: "round",
  });
  for (const stroke of strokes) {
    pen.beginPath();
    pen.moveTo(...stroke[0]);
    stroke.forEach((point) => pen.lineTo(...point));
    pen.stroke();
  }
}

/** Show where the pen of the keyboard is, on black and on white. */
function mark(canvas, { x, y, down }) {
  const pen = canvas.getContext("2d");
  for (const [colour, width] of [["#fff", 5], ["#1668b5", 3]]) {
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.beginPath();
    pen.arc(x, y, down ? 7 : 12, 0, 7);
    pen.stroke();
  }
}
