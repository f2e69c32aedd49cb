import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// Every contrast and distance of the colours, computed from the file that the page uses.

type Lab = readonly [l: number, a: number, b: number];
type Colours = ReadonlyMap<string, Lab>;

const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8');

function theme(name: 'dark' | 'light'): Colours {
  const block = new RegExp(`:root\\[data-theme='${name}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  const colours = [...block.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);/g)];
  return new Map(
    colours.map(([, token = '', l, c, h]) => {
      const hue = (Number(h) * Math.PI) / 180;
      return [token, [Number(l), Number(c) * Math.cos(hue), Number(c) * Math.sin(hue)] as const];
    }),
  );
}

/** Linear light of sRGB, clipped to what a screen can show. */
function linear([l, a, b]: Lab): readonly [number, number, number] {
  const [x, y, z] = [
    l + 0.3963377774 * a + 0.2158037573 * b,
    l - 0.1055613458 * a - 0.0638541728 * b,
    l - 0.0894841775 * a - 1.291485548 * b,
  ].map((v) => v ** 3) as [number, number, number];
  const clip = (v: number): number => Math.min(1, Math.max(0, v));
  return [
    clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z),
    clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z),
    clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z),
  ];
}

function luminance(colour: Lab): number {
  const [r, g, b] = linear(colour);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Lab, b: Lab): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const distance = (a: Lab, b: Lab): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe.each(['dark', 'light'] as const)('the %s colours', (name) => {
  const colours = theme(name);
  const get = (token: string): Lab => {
    const colour = colours.get(token);
    if (colour === undefined) throw new Error(`no colour ${token}`);
    return colour;
  };

  it.each(['text', 'text2', 'text3', 'accent', 'ok', 'warn', 'bad'])(
    '%s is read on every surface',
    (token) => {
      for (const surface of ['canvas', 'surface', 'raised', 'hover']) {
        expect(contrast(get(token), get(surface)), surface).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(['keyword', 'type', 'number', 'string', 'function', 'comment'])('code: %s', (token) => {
    expect(contrast(get(`code-${token}`), get('canvas'))).toBeGreaterThanOrEqual(4.5);
  });

  it('the primary button', () => expect(contrast(get('on-fill'), get('fill'))).toBeGreaterThanOrEqual(4.5));

  it('families and links are seen, and told apart', () => {
    for (const [kind, count] of [
      ['family', 9],
      ['link', 6],
    ] as const) {
      const list = Array.from({ length: count }, (_, i) => get(`${kind}-${i + 1}`));
      for (const [i, colour] of list.entries()) {
        expect(contrast(colour, get('surface')), `${kind} ${i + 1}`).toBeGreaterThanOrEqual(2.99);
        for (const other of list.slice(i + 1))
          expect(distance(colour, other), `${kind} ${i + 1}`).toBeGreaterThan(0.055);
      }
    }
  });
});
