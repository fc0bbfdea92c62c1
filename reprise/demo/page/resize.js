// Resizing as Pillow does it, to the last bit: reprise/resizing.py calls Pillow, a browser has its
// own filters, which give other pixels. Source: Pillow's handbook, "Filters", and the arithmetic of
// its resampling of 8 bits a channel (13.0): weights in steps of 2^-22, 8 bits between rows and columns.

const STEPS = 2 ** 22;
const HALF = STEPS / 2;
export const LARGEST = Math.floor(2 ** 30 / 12); // pixels, as the predictor's

const sinc = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
const FILTERS = { // how far each reaches, and its weight at a distance, in pixels of the result
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  hamming: [1, (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI)) : 0)],
  bicubic: [2, cubic], // a = -0.5: Keys 1981
  lanczos: [3, (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)],
};

function cubic(signed) {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}

/** Return pixels {data: Uint8Array [H * W * C], width, height, channels} at the size of `spec`. */
export function fit(pixels, spec) {
  if (pixels.width === spec.width && pixels.height === spec.height) return pixels;
  const [width, height] = scaled(pixels, spec);
  if (spec.resize === "crop" && width * height > LARGEST) {
    throw new Error(`${pixels.width} x ${pixels.height} pixels are too elongated to crop to a size of ${spec.height} x ${spec.width}`);
  }
  const made = spec.interpolation === "nearest"
    ? nearest(pixels, width, height)
    : filtered(pixels, width, height, FILTERS[spec.interpolation]);
  if (spec.resize === "crop") {
    return placed(made, spec, -evenly((width - spec.width) / 2), -evenly((height - spec.height) / 2));
  }
  const [left, top] = [spec.width - width, spec.height - height].map((room) => Math.floor(room / 2));
  return placed(made, spec, left, top);
}

/** Return width and height after resizing, before cropping or padding, in whole numbers. */
export function scaled({ width, height }, spec) {
  if (spec.resize === "stretch") return [spec.width, spec.height];
  const wider = width * spec.height >= height * spec.width;
  if (wider === (spec.resize === "crop")) {
    return [Math.max(1, Math.floor((width * spec.height) / height)), spec.height];
  }
  return [spec.width, Math.max(1, Math.floor((height * spec.width) / width))];
}

/** Round as Python does: a half to the even neighbour. */
export function evenly(number) {
  const low = Math.floor(number);
  if (number - low !== 0.5) return Math.round(number);
  return low % 2 === 0 ? low : low + 1;
}

function filtered(pixels, width, height, filter) {
  const across = (made) => (width === made.width ? made : rows(made, weights(made.width, width, filter)));
  const down = (made) => (height === made.height ? made : columns(made, weights(made.height, height, filter)));
  // Rows first, unless the height shrinks by twice as many pixels as the width.
  const shrinks = [pixels.width - width, pixels.height - height];
  return shrinks[1] > Math.max(0, 2 * shrinks[0]) ? across(down(pixels)) : down(across(pixels));
}

/** Return of every pixel of the result the first one it is made of, and their weights. */
function weights(length, size, [reach, weigh]) {
  const scale = length / size;
  const stretch = Math.max(1, scale);
  return Array.from({ length: size }, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach * stretch + 0.5));
    const end = Math.min(length, Math.trunc(centre + reach * stretch + 0.5));
    const shares = Array.from({ length: end - first }, (_, k) => {
      return weigh((k + first - centre + 0.5) * (1 / stretch));
    });
    const total = shares.reduce((sum, share) => sum + share, 0);
    const whole = shares.map((share) => {
      const exact = (total === 0 ? share : share / total) * STEPS;
      return Math.trunc(exact < 0 ? exact - 0.5 : exact + 0.5);
    });
    return { first, shares: Int32Array.from(whole) };
  });
}

function rows({ data, width, height, channels }, plan) {
  const made = new Uint8ClampedArray(plan.length * height * channels);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (const { first, shares } of plan) {
      for (let c = 0; c < channels; c += 1, to += 1) {
        let sum = HALF;
        let from = (y * width + first) * channels + c;
        for (let k = 0; k < shares.length; k += 1, from += channels) sum += data[from] * shares[k];
        made[to] = sum >> 22;
      }
    }
  }
  return { data: new Uint8Array(made.buffer), width: plan.length, height, channels };
}

function columns({ data, width, channels }, plan) {
  const line = width * channels;
  const made = new Uint8ClampedArray(line * plan.length);
  plan.forEach(({ first, shares }, y) => {
    for (let x = 0; x < line; x += 1) {
      let sum = HALF;
      for (let k = 0; k < shares.length; k += 1) sum += data[(first + k) * line + x] * shares[k];
      made[y * line + x] = sum >> 22;
    }
  });
  return { data: new Uint8Array(made.buffer), width, height: plan.length, channels };
}

function nearest({ data, width, height, channels }, newWidth, newHeight) {
  const made = new Uint8Array(newWidth * newHeight * channels);
  const xs = places(width, newWidth);
  const ys = places(height, newHeight);
  let to = 0;
  for (const y of ys) {
    for (const x of xs) {
      for (let c = 0; c < channels; c += 1, to += 1) made[to] = data[(y * width + x) * channels + c];
    }
  }
  return { data: made, width: newWidth, height: newHeight, channels };
}

/** Return the pixels taken; Pillow adds the step up, so that rounding errors add up likewise. */
function places(length, size) {
  const step = length / size;
  let at = step * 0.5;
  return Array.from({ length: size }, () => {
    const place = Math.min(length - 1, Math.trunc(at));
    at += step;
    return place;
  });
}

/** Put pixels on black of the size of `spec`, or cut what is outside of it. */
function placed({ data, width, height, channels }, spec, left, top) {
  if (width === spec.width && height === spec.height) return { data, width, height, channels };
  const made = new Uint8Array(spec.width * spec.height * channels);
  const [from, end] = [Math.max(0, -left), Math.min(width, spec.width - left)];
  for (let y = Math.max(0, -top); y < Math.min(height, spec.height - top); y += 1) {
    const row = data.subarray((y * width + from) * channels, (y * width + end) * channels);
    made.set(row, ((y + top) * spec.width + left + from) * channels);
  }
  return { data: made, width: spec.width, height: spec.height, channels };
}
