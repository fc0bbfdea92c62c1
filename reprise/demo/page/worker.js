// The model, in a thread of its own, so that the page never stands still.

import * as ort from "./runtime/ort.js";
import { decode } from "./decode.js";
import { heatMap } from "./occlusion.js";
import { fit } from "./resize.js";

const CELLS = 14; // along a side of a heat map, as in reprise/occlusion.py
const FEWER = 7; // for a network of which those would take longer than this page should
const PATIENCE = 30_000; // ms
const BATCH = 32; // covered pictures at once

let session;
let model;
let running = Promise.resolve();
const stopped = new Set(); // requests that nobody waits for any more

onmessage = async ({ data: { id, task, given } }) => {
  try {
    const tasks = { load, answer, explain, stop: () => stopped.add(given) };
    postMessage({ id, result: await tasks[task](given, id) });
  } catch (error) {
    postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};

async function load({ info, runtime, content }) {
  model = info;
  ort.env.wasm.numThreads = 1; // more would need headers that a static host does not send
  ort.env.wasm.wasmBinary = runtime.buffer;
  ort.env.logLevel = "error";
  session = await ort.InferenceSession.create(content, { executionProviders: ["wasm"], logSeverityLevel: 3 });
}

async function answer({ blob, top }) {
  const [found] = await judge([(await network(blob)).data]);
  const ranked = order(found.shares);
  const named = (label) => ({ class: model.classes[label], probability: found.shares[label] });
  return {
    answer: found.answered ? model.classes[ranked[0]] : null,
    predictions: ranked.slice(0, top).map(named),
    out_of_distribution: found.ood,
    set: model.sets ? ranked.filter((label) => found.set[label]).map((label) => model.classes[label]) : null,
  };
}

/** Return the heat map of the first class. */
async function explain({ blob }, id) {
  const pixels = await network(blob);
  const start = performance.now();
  const [{ shares }] = await judge([pixels.data]);
  const slow = (performance.now() - start) * CELLS ** 2 > PATIENCE;
  const [label] = order(shares);
  return heatMap(pixels, slow ? FEWER : CELLS, shares[label], BATCH, async (pictures, share) => {
    if (stopped.delete(id)) throw new Error("stopped");
    postMessage({ id, share });
    const found = [];
    // One at a time where it is slow, so that a new picture need not wait for a batch.
    for (const part of slow ? pictures.map((one) => [one]) : [pictures]) found.push(...await judge(part));
    return found.map((one) => one.shares[label]);
  });
}

async function network(blob) {
  return fit(await decode(blob, model.input.channels), model.input);
}

/** Run the network on pictures of its size, after what it is running now. */
function judge(pictures) {
  const turn = running.then(() => run(pictures));
  running = turn.catch(() => undefined);
  return turn;
}

async function run(pictures) {
  const { height, width, channels, format } = model.input;
  const bytes = new Uint8Array(pictures.length * height * width * channels);
  pictures.forEach((picture, at) => bytes.set(picture, at * picture.length));
  const values = format === "float" ? Float32Array.from(bytes, (value) => value / 255) : bytes;
  const type = format === "float" ? "float32" : "uint8";
  const shape = [pictures.length, height, width, channels];
  const wanted = ["probabilities", ...(model.decides ? ["answered", "sets", "ood"] : [])];
  const found = await session.run({ images: new ort.Tensor(type, values, shape) }, wanted);
  const [shares, answered, sets, ood] = wanted.map((name) => found[name].data);
  const classes = model.classes.length;
  return pictures.map((_, at) => ({
    shares: shares.slice(at * classes, (at + 1) * classes),
    answered: !answered || Boolean(answered[at]),
    set: sets && sets.slice(at * classes, (at + 1) * classes),
    ood: Boolean(ood && ood[at]),
  }));
}

/** Return the classes by probability; of equals, the first class comes first. */
function order(shares) {
  return Array.from(shares, (_, label) => label).sort((a, b) => shares[b] - shares[a] || a - b);
}
