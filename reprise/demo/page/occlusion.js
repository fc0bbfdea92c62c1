// A heat map by occlusion, with the cells of reprise/occlusion.py: how much probability a class
// loses where the picture is covered (Zeiler and Fergus 2014, section 4.2).

import { evenly } from "./resize.js";

const REACH = 1; // cells that are covered beyond a cell, each way

/** Return [rows][columns] in [0, 1]; `shares` takes covered pictures and gives their probabilities. */
export async function heatMap(pixels, cells, before, batch, shares) {
  const sides = [pixels.height, pixels.width];
  const [down, across] = sides.map((length) => spans(length, Math.min(cells, length)));
  const places = down.flatMap((row) => across.map((column) => [row, column]));
  const colour = mean(pixels.data, pixels.channels);
  const lost = [];
  for (let start = 0; start < places.length; start += batch) {
    const part = places.slice(start, start + batch);
    const after = await shares(part.map((place) => covered(pixels, place, colour)), start / places.length);
    lost.push(...after.map((share) => Math.min(1, Math.max(0, before - share))));
  }
  return down.map((_, row) => lost.slice(row * across.length, (row + 1) * across.length));
}

/** Return the first pixel of a side that is covered around each cell, and that after the last. */
function spans(length, cells) {
  const edge = (cell) => evenly(Math.min(cells, Math.max(0, cell)) * (length / cells));
  return Array.from({ length: cells }, (_, cell) => [edge(cell - REACH), edge(cell + 1 + REACH)]);
}

function covered({ data, width, channels }, [[top, bottom], [left, right]], colour) {
  const made = data.slice();
  for (let y = top; y < bottom; y += 1) {
    for (let at = (y * width + left) * channels; at < (y * width + right) * channels; at += 1) {
      made[at] = colour[at % channels];
    }
  }
  return made;
}

function mean(data, channels) {
  const sums = Array(channels).fill(0);
  data.forEach((value, at) => { sums[at % channels] += value; });
  return sums.map((sum) => evenly((sum * channels) / data.length));
}
