// How many pictures there are, and what became of them.

import { counted } from "./text.js";

/** Return what becomes of the cards of a list, in one sentence for those who see it and who hear it. */
export function tally(list) {
  const is = (kind) => list.querySelectorAll(`:scope > .${kind}`).length;
  const [bad, lost, waiting] = [is("bad"), is("lost"), is("waiting")];
  const answered = list.children.length - bad - lost - waiting;
  const pictures = counted(list.children.length, "picture");
  if (answered === list.children.length) return `${pictures}, all answered`;
  const parts = [
    answered && `${answered} answered`, bad && `${bad} cannot be read`,
    lost && `${lost} without an answer`, waiting && `${waiting} to do`,
  ];
  return `${pictures}: ${parts.filter(Boolean).join(", ")}`;
}
