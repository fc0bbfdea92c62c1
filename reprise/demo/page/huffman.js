// The codes of a scan of a JPEG file (ITU-T T.81, annexes F and G), followed as libjpeg does: where
// data are missing, ones are read, and a code that no table has is the symbol 0.

const AHEAD = 28; // bits that may be missing: libjpeg reads ahead, and guesses the last ones (by trial)

/** Read Huffman tables into lookups by 16 bits: length of the code * 256 + symbol. */
export function readTables(bytes, from, end, tables) {
  for (let at = from; at + 17 <= end;) {
    const lookup = new Uint16Array(65536);
    let [code, symbol] = [0, at + 17];
    for (let length = 1; length <= 16; length += 1) {
      for (let count = bytes[at + length]; count > 0; count -= 1, symbol += 1) {
        const span = 1 << (16 - length);
        lookup.fill(length * 256 + bytes[symbol], code, code + span);
        code += span;
      }
    }
    tables[bytes[at]] = lookup;
    at = symbol;
  }
}

/** Read bits from a place on, up to the next marker. */
export function bitsOf(bytes, from) {
  let [at, held, count, beyond] = [from, 0, 0, 0]; // beyond: bits that are not there
  const fill = () => {
    while (count <= 16) {
      let byte = 0xff;
      if (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0)) {
        byte = bytes[at];
        at += byte === 0xff ? 2 : 1;
      } else if (bytes[at] === 0xff && bytes[at + 1] === 0xff) {
        at += 1; // padding before a marker
        continue;
      } else {
        beyond += 8;
      }
      held = ((held << 8) | byte) & 0xffffff;
      count += 8;
    }
  };
  return {
    peek() { // 16 bits
      if (count < 16) fill();
      return (held >>> (count - 16)) & 0xffff;
    },
    skip(bits) {
      while (count < bits) fill();
      count -= bits;
    },
    /** Whether data are missing at the end; where a damaged file has a marker, libjpeg goes on. */
    isOver: () => beyond - count > AHEAD && (at + 1 >= bytes.length || bytes[at + 1] === 0xd9),
    place: () => at - Math.max(0, Math.floor((count - beyond) / 8)),
    /** Go on after the next restart marker, if one is there before any other marker. */
    restart() {
      [held, count] = [0, 0];
      let next = at;
      while (next + 1 < bytes.length && (bytes[next] !== 0xff || bytes[next + 1] === 0 || bytes[next + 1] === 0xff)) next += 1;
      if (bytes[next + 1] >= 0xd0 && bytes[next + 1] <= 0xd7) [at, beyond] = [next + 2, 0];
      else beyond = 1;
    },
  };
}

/** Follow blocks; `progress` says which coefficients a progressive scan has, and after which bits. */
export function coder(reader, progress) {
  let ended = 0; // blocks of which nothing follows in this scan
  const symbol = (table) => {
    const found = table[reader.peek()];
    reader.skip(found >> 8 || 17);
    return found & 255;
  };
  const number = (bits) => {
    const value = bits ? reader.peek() >> (16 - bits) : 0;
    reader.skip(bits);
    return value;
  };
  const sequential = (dc, ac) => {
    reader.skip(symbol(dc) & 15);
    for (let k = 1; k < 64; k += 1) {
      const found = symbol(ac);
      if (!(found & 15) && found >> 4 < 15) break;
      k += found >> 4;
      reader.skip(found & 15);
    }
  };
  const early = (ac, seen, base) => {
    if (ended) return void (ended -= 1);
    for (let k = progress.first; k <= progress.last; k += 1) {
      const found = symbol(ac);
      const run = found >> 4;
      if (!(found & 15) && run < 15) return void (ended = (1 << run) - 1 + number(run));
      k += run;
      reader.skip(found & 15);
      if (found & 15 && k < 64) seen[base + k] = 1;
    }
  };
  const refined = (ac, seen, base) => {
    let k = progress.first;
    for (; !ended && k <= progress.last; k += 1) {
      const found = symbol(ac);
      let run = found >> 4;
      if (found & 15) {
        reader.skip(1);
      } else if (run < 15) {
        ended = (1 << run) + number(run);
        break;
      }
      for (; k <= progress.last; k += 1) {
        if (seen[base + k]) reader.skip(1);
        else if ((run -= 1) < 0) break;
      }
      if (found & 15 && k < 64) seen[base + k] = 1;
    }
    if (!ended) return;
    for (; k <= progress.last; k += 1) if (seen[base + k]) reader.skip(1);
    ended -= 1;
  };
  return {
    restart: () => { ended = 0; },
    follow(dc, ac, seen, base) {
      if (!progress) sequential(dc, ac);
      else if (progress.first) (progress.before ? refined : early)(ac, seen, base);
      else reader.skip(progress.before ? 1 : symbol(dc) & 15);
    },
  };
}
