// Pictures with 256 colours: a third of the bytes, and surfaces keep their exact colour.
import { crc32, deflateSync } from 'node:zlib';

const COLOURS = 256;
const CANDIDATES = 4000;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * Half of the palette are the most frequent colours. The other half are those farthest from all chosen before,
 * so that a small mark of a rare hue keeps it.
 */
function paletteOf(counts) {
  const ordered = [...counts].sort(([, a], [, b]) => b - a).slice(0, CANDIDATES);
  const palette = ordered.slice(0, COLOURS / 2).map(([colour]) => colour);
  const rest = ordered.slice(COLOURS / 2).map(([colour, count]) => ({
    colour,
    weight: Math.sqrt(count),
    apart: Math.min(...palette.map((chosen) => distance(colour, chosen))),
  }));
  while (palette.length < COLOURS && rest.length > 0) {
    let best = 0;
    for (let i = 1; i < rest.length; i++) {
      if (rest[i].apart * rest[i].weight > rest[best].apart * rest[best].weight) best = i;
    }
    const [{ colour }] = rest.splice(best, 1);
    palette.push(colour);
    for (const other of rest) other.apart = Math.min(other.apart, distance(other.colour, colour));
  }
  return palette;
}

/** PNG with a palette (PNG 1.2 §4.1.2, colour type 3). */
export function encodePalettePng({ width, height, data }) {
  const counts = new Map();
  const pixel = (i) => (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
  for (let i = 0; i < width * height; i++) counts.set(pixel(i), (counts.get(pixel(i)) ?? 0) + 1);
  const palette = paletteOf(counts);
  const indexOf = new Map(palette.map((colour, i) => [colour, i]));
  const nearest = (colour) => {
    let index = indexOf.get(colour);
    if (index === undefined) {
      index = palette.reduce(
        (best, other, i) => (distance(colour, other) < distance(colour, palette[best]) ? i : best),
        0,
      );
      indexOf.set(colour, index);
    }
    return index;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = nearest(pixel(y * width + x));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function distance(a, b) {
  return (
    ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2
  );
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), body.length + 8);
  return out;
}
