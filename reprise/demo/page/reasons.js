// What is said of pictures that cannot be read: the sentences of reprise/codecs/complaints.py, and
// by its first bytes which one fits a file that this browser does not open.

export const EMPTY = "is empty (0 bytes)";
export const NOTHING = "no picture of a kind that can be read";
export const SHORT = "cut short or damaged: not all of its pixels are there";
export const EPS = "EPS is no image of pixels";
export const JPEG_XL = "a JPEG XL file, which is not read here; convert it to PNG";
export const tooLarge = (most) => `has more than ${most.toLocaleString("en")} pixels; make it smaller`;
export const rare = (name) => `a file of the format ${name}, which is not read; convert it to PNG`;
export const tooDeep = (bits) => `a JPEG file of ${bits} bits a channel, of which only those of 8 are read`;

const COMMON = ["\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "\0\0\x01\0"]; // begin these files
const HEIF = /^....ftyp(hei[cxms]|hev[cxms]|mif1|msf1)/s;
const OTHERS = [ // that the predictor reads, and some browsers do
  [/^(II[*+]\0|MM\0[*+])/, "a TIFF"], [HEIF, "a HEIC or HEIF"],
  [/^(\0\0\0\x0cjP  |\xff\x4f\xff\x51)/, "a JPEG 2000"], [/^P[1-7fFy]\s/, "a PBM, PGM or PPM"],
];
const RARE = { // that neither opens, by how they begin: as in reprise/codecs/kinds.py
  "8BPS": "PSD", qoif: "QOI", "SIMPLE  =": "FITS", "/* XPM */": "XPM", "#define": "XBM",
  "DDS ": "DDS", icns: "ICNS", "\x59\xa6\x6a\x95": "Sun",
};

/** Return the error of a picture that was not answered, for a reason that is not its own. */
export const lost = (message) => Object.assign(new Error(message), { lost: true });

/** Return the reason why this browser did not open a file. */
export function unread(bytes) {
  const start = letters(bytes, 0, 12);
  if (isCommon(bytes)) return SHORT;
  if (/^(\xff\x0a|\0\0\0\x0cJXL )/.test(start)) return JPEG_XL;
  if (/^(%!PS|\xc5\xd0\xd3\xc6)/.test(start)) return EPS;
  const begin = Object.keys(RARE).find((one) => start.startsWith(one));
  if (begin) return rare(RARE[begin]);
  const [, kind] = OTHERS.find(([begins]) => begins.test(start)) ?? [];
  return kind ? `${kind} file, which this browser does not read; convert it to PNG` : NOTHING;
}

/** Return whether a file begins as a picture of a kind that everything reads: else it is damaged. */
function isCommon(bytes) {
  const start = letters(bytes, 0, 12);
  if (COMMON.some((begin) => start.startsWith(begin)) || isAvif(bytes)) return true;
  if (start.startsWith("BM")) return letters(bytes, 6, 4) === "\0\0\0\0";
  return start.startsWith("RIFF") && start.endsWith("WEBP");
}

/** Return whether a file is AVIF, by its first bytes. */
export function isAvif(bytes) {
  return /^....ftypavi[fs]/s.test(letters(bytes, 0, 12));
}

/** Return bytes as letters of the same numbers. */
export function letters(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
