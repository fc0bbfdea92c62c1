// What is drawn is moved and scaled before it is sent, as the digits of the usual sets were: in the
// middle by its centre of mass, three quarters of the side (MNIST: 20 of 28 pixels); where the
// network sees fewer than 12 pixels there is no room for a margin, and it goes from edge to edge
// (scikit-learn's 8 x 8 digits).

export const SIDE = 336; // pixels of the sheet's longer side
export const PEN = 0.1; // width of the pen, as a share of that: MNIST's strokes are 2 to 3 of 28 pixels
const MARGINLESS = 12; // pixels
const WITH_MARGIN = 0.75;
const LARGEST = 3; // times: a dot stays a dot

/** Return the strokes in the middle of the sheet, at the size that such networks are used to. */
export function framed(strokes, input, width, height) {
  const tight = Math.max(input.width, input.height) < MARGINLESS;
  const points = strokes.flat();
  const [left, right] = ends(points.map(([x]) => x));
  const [top, bottom] = ends(points.map(([, y]) => y));
  const fill = tight ? 1 : WITH_MARGIN;
  const room = [[width, right - left], [height, bottom - top]].map(([side, length]) => {
    return (fill * side - PEN * SIDE) / Math.max(1, length);
  });
  const scale = Math.min(LARGEST, ...room);
  const middle = tight ? [(left + right) / 2, (top + bottom) / 2] : mass(strokes);
  return strokes.map((stroke) => stroke.map(([x, y]) => [
    (x - middle[0]) * scale + width / 2, (y - middle[1]) * scale + height / 2,
  ]));
}

function ends(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** Return the centre of mass of the lines; a dot weighs a pixel. */
function mass(strokes) {
  let [sum, across, down] = [0, 0, 0];
  for (const stroke of strokes) {
    stroke.forEach(([x, y], at) => {
      const [u, v] = stroke[Math.max(0, at - 1)];
      const length = stroke.length === 1 ? 1 : Math.hypot(x - u, y - v);
      sum += length;
      across += (length * (x + u)) / 2;
      down += (length * (y + v)) / 2;
    });
  }
  return sum ? [across / sum, down / sum] : strokes[0][0];
}
