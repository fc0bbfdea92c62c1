// Answers of a model that runs in this browser: the files of `reprise demo`, beside the page.

import { MOST } from "./cards.js";
import { lost } from "./reasons.js";

export const privacy = "The model runs in this browser: no picture leaves this device.";

/** Return what asks the model; `progress` hears which share of it is loaded. */
export function connect({ progress }) {
  const worker = new Worker("worker.js", { type: "module" });
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, result, error, share } }) => {
    const { resolve, reject, heard } = waiting.get(id) ?? {};
    if (share !== undefined) {
      heard?.(share);
      return;
    }
    waiting.delete(id);
    if (error === undefined) resolve?.(result);
    else reject?.(new Error(error));
  };
  worker.onerror = (event) => {
    const reason = lost(event.message || "this browser lacks what the model needs; update it");
    waiting.forEach(({ reject }) => reject(reason));
  };
  const send = (task, given, { signal, heard, moved = [] } = {}) => new Promise((resolve, reject) => {
    const id = last += 1;
    waiting.set(id, { resolve, reject, heard });
    signal?.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      worker.postMessage({ task: "stop", given: id });
      reject(signal.reason);
    });
    worker.postMessage({ id, task, given }, moved);
  });
  return {
    async open() {
      const { model, files } = await (await fetched("demo.json")).json();
      const parts = ["model.onnx", "runtime/ort.wasm"];
      const total = parts.reduce((sum, name) => sum + files[name], 0);
      let loaded = 0;
      const load = async (name) => bytes(await fetched(name), (more) => {
        progress((loaded += more) / total);
      });
      const [content, runtime] = await Promise.all(parts.map(load));
      const moved = [content.buffer, runtime.buffer];
      await send("load", { info: model, content, runtime }, { moved });
      return model;
    },
    answer: (blob, signal) => send("answer", { blob, top: MOST }, { signal }),
    explain: (blob, signal, heard) => send("explain", { blob }, { signal, heard }),
  };
}

async function fetched(name) {
  const response = await fetch(name).catch(() => ({ status: "no answer" }));
  if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`);
  return response;
}

async function bytes(response, progress) {
  const parts = [];
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    progress(value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
