// Answers of a server: GET model, POST predict, beside the page.

import { MOST } from "./cards.js";
import { lost } from "./reasons.js";

const KEY = "reprise-token";
const TRIES = 6; // of a request that a busy server puts off
const PUT_OFF = [429, 503]; // what a busy server says
const WAIT = 1; // seconds, where it does not say how long

export const privacy = "Pictures are sent to the server of this page.";

/** Return what asks the server; `token(refused)` asks the user for one, where the server does. */
export function connect({ token }) {
  const ask = async (path, signal, body) => read(await request(path, { signal, body }, token));
  return {
    open: () => ask("model"),
    answer: (blob, signal) => first(ask(`predict?top=${MOST}`, signal, blob)),
    async explain(blob, signal) {
      return (await first(ask("predict?top=1&explain=1", signal, blob))).heat_map;
    },
  };
}

async function first(asked) {
  const { results } = await asked;
  if (results[0].error) throw new Error(results[0].error);
  return results[0];
}

async function request(path, { signal, body }, token) {
  for (let tries = 1; ; tries += 1) {
    const secret = sessionStorage.getItem(KEY);
    const response = await fetch(path, {
      signal,
      body,
      method: body ? "POST" : "GET",
      cache: "no-store",
      headers: {
        // Not the type of the file, which may be JSON or a form: the server looks into the bytes.
        ...(body && { "Content-Type": "application/octet-stream" }),
        ...(secret && { Authorization: `Bearer ${secret}` }),
      },
    }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw lost("the server cannot be reached");
    });
    if (response.status === 401) {
      sessionStorage.setItem(KEY, await token(Boolean(secret)));
    } else if (!PUT_OFF.includes(response.status) || tries === TRIES) {
      return response;
    } else {
      const seconds = Number(response.headers.get("Retry-After")) || WAIT;
      await new Promise((resolve) => { setTimeout(resolve, Math.min(seconds, 10) * 1000); });
      signal?.throwIfAborted();
    }
  }
}

/** Return the JSON of an answer; a refusal says why in its `error`, or in that of a result. */
async function read(response) {
  const found = await response.json().catch(() => ({}));
  if (response.ok || found.results) return found;
  const reason = found.error ?? `the server says ${response.status} ${response.statusText}`;
  throw response.status >= 500 || PUT_OFF.includes(response.status) ? lost(reason) : new Error(reason);
}
