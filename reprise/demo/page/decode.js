// Bytes of a picture to pixels, as reprise/decoding.py makes them: upright, in the colours of the
// file, grey by the luma of ITU-R 601 in Pillow's whole numbers, what is transparent on white.

import { complaint } from "./complete.js";
import { tooLarge, unread } from "./reasons.js";
import { LARGEST } from "./resize.js";

const STRIP = 2 ** 22; // pixels read at once: phones limit the area of a canvas
const AS_STORED = {
  imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none",
};

/** Return pixels {data: Uint8Array [H * W * C], width, height, channels}; C is 1 or 3. */
export async function decode(blob, channels) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const reason = await complaint(bytes);
  if (reason) throw new Error(reason);
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, AS_STORED);
  } catch {
    throw new Error(unread(bytes));
  }
  try {
    return await pixels(bitmap, channels);
  } finally {
    bitmap.close();
  }
}

function pixels(bitmap, channels) {
  const { width, height } = bitmap;
  if (width * height > LARGEST) throw new Error(tooLarge(LARGEST));
  const made = { data: new Uint8Array(width * height * channels), width, height, channels };
  let at = 0;
  for (const strip of strips(bitmap)) {
    for (let from = 0; from < strip.length; from += 4, at += channels) {
      if (strip[from + 3] !== 255) return opaque(bitmap, channels);
      put(made.data, at, channels, strip[from], strip[from + 1], strip[from + 2]);
    }
  }
  return made;
}

function put(data, at, channels, red, green, blue) {
  if (channels === 1) {
    data[at] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  } else {
    data[at] = red;
    data[at + 1] = green;
    data[at + 2] = blue;
  }
}

/** Yield the RGBA bytes of a few rows after the other. */
function* strips(bitmap, ground = null) {
  const { width, height } = bitmap;
  const rows = Math.max(1, Math.min(height, Math.floor(STRIP / width)));
  const canvas = new OffscreenCanvas(width, rows);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += rows) {
    pen.clearRect(0, 0, width, rows);
    if (ground) {
      pen.fillStyle = ground;
      pen.fillRect(0, 0, width, rows);
    }
    pen.drawImage(bitmap, 0, -top);
    yield pen.getImageData(0, 0, width, Math.min(rows, height - top)).data;
  }
}

/** Let white through, as reprise/codecs/alpha.py does. */
async function opaque(bitmap, channels) {
  const { width, height } = bitmap;
  const made = { data: new Uint8Array(width * height * channels), width, height, channels };
  const straight = untouched(bitmap) ?? await fromFrame(bitmap);
  const unused = straight !== null && isUnused(straight);
  let at = 0;
  for (const strip of straight ? [straight] : strips(bitmap, "#fff")) {
    for (let from = 0; from < strip.length; from += 4, at += channels) {
      const alpha = straight && !unused ? strip[from + 3] : 255;
      const [red, green, blue] = [0, 1, 2].map((part) => onWhite(strip[from + part], alpha));
      put(made.data, at, channels, red, green, blue);
    }
  }
  return made;
}

/** Blend with white, rounded as Pillow's alpha_composite. */
function onWhite(value, alpha) {
  const sum = 128 * (value * alpha + 255 * (255 - alpha)) + 0x4000;
  return (((sum >> 8) + sum) >> 8) >> 7;
}

/** Writers of 32 bits a pixel left zeros where alpha would be: of different colours, it is unused. */
function isUnused(data) {
  let several = false;
  for (let from = 0; from < data.length; from += 4) {
    if (data[from + 3] !== 0) return false;
    several ||= data[from] !== data[0] || data[from + 1] !== data[1] || data[from + 2] !== data[2];
  }
  return several;
}

/**
 * Return the RGBA bytes of a bitmap, or null where they cannot be had. A canvas of two dimensions
 * multiplies colours by alpha, and so loses them; a texture keeps them.
 */
function untouched(bitmap) {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  const { width, height } = bitmap;
  if (!gl || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const data = new Uint8Array(width * height * 4);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
  return gl.getError() === gl.NO_ERROR ? data : null;
}

/** Return the same by way of a frame of video, for Firefox where it has no WebGL; or null. */
async function fromFrame(bitmap) {
  if (new OffscreenCanvas(1, 1).getContext("webgl") || !globalThis.VideoFrame) return null;
  const frame = new VideoFrame(bitmap, { timestamp: 0 });
  try {
    const data = new Uint8Array(frame.allocationSize());
    if (data.length !== bitmap.width * bitmap.height * 4 || !/^(RGBA|BGRA)$/.test(frame.format)) return null;
    await frame.copyTo(data);
    if (frame.format === "RGBA") return data;
    for (let at = 0; at < data.length; at += 4) [data[at], data[at + 2]] = [data[at + 2], data[at]];
    return data;
  } catch {
    return null;
  } finally {
    frame.close();
  }
}
