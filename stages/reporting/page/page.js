// Facts that no output may hold are in scripts beside the page; shown if they are of this very one.
const told = reprise.evaluate, run = document.getElementById("run");
if (told && told.of === run.dataset.page) {
  const machine = told.trained, said = [];
  if (told.experiment) said.push(`Experiment ${told.experiment}` + (told.baseline ? `, begun from commit ${told.baseline.slice(0, 7)}.` : "."));
  if (machine) said.push(`Trained on ${machine.device === "cpu" ? machine.cpu : machine.device}, ${machine.platform}, Python ${machine.python}, PyTorch ${machine.torch}, ${machine.threads} threads.`);
  run.textContent = said.join(" ");
  run.hidden = !said.length;
}
const made = reprise.export, place = document.getElementById("exported");
if (made && made.of === place.dataset.classifier) {
  const table = document.createElement("table");
  table.className = "list";
  const cell = (row, text, head) => {
    const made = document.createElement(head ? "th" : "td");
    made.textContent = text;
    if (head) made.scope = "col";
    row.append(made);
  };
  const top = table.createTHead().insertRow(), body = table.createTBody();
  ["format", "size", "one image takes", "same answer as the classifier", "accuracy on test"].forEach(text => cell(top, text, true));
  const share = value => value === undefined ? "" : (100 * value).toFixed(value === 1 ? 0 : 2) + " %";
  for (const one of made.formats) {
    const row = body.insertRow(), why = one.unsupported || one.refused || one.untried;
    cell(row, one.format);
    cell(row, one.bytes === undefined ? "" : (one.bytes / 1e6).toPrecision(3) + " MB");
    cell(row, one.milliseconds === undefined ? "" : one.milliseconds.toPrecision(2) + " ms");
    cell(row, why || share(one.agreement));
    cell(row, share(one.accuracy));
  }
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = `The time is the median of ${made.repeats}, one image after the other, on ${made.cpu} with ${made.threads} threads; the rest is of all images of test.`
    + (made.formats.some(one => one.format === "int8") ? " int8 rounds weights and activations to 8 bits: it may answer otherwise where the classifier is unsure." : "");
  place.append(table, note);
  place.hidden = false;
}
