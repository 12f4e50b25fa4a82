/** What the scenes are put together from: pieces of SVG with a little chance in them. */

/** Size of every picture, in pixels. */
export const WIDTH = 960;
export const HEIGHT = 640;

/** Returns the next number, 0 to 1. */
export type Random = () => number;

/** The same numbers for the same seed (a linear congruential generator, good enough for leaves and waves). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

export function times(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join('');
}

/** A vertical gradient over a rectangle; `stops` from top to bottom, evenly spaced. */
export function wash(
  id: string,
  box: { x?: number; y: number; width: number; height: number },
  stops: string[],
): string {
  const marks = stops
    .map((colour, at) => `<stop offset="${at / (stops.length - 1)}" stop-color="${colour}"/>`)
    .join('');
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${marks}</linearGradient>
    <rect x="${box.x ?? 0}" y="${box.y}" width="${box.width}" height="${box.height}" fill="url(#${id})"/>`;
}

/** A sky behind everything, from the top colour down. */
export function sky(...stops: string[]): string {
  return wash('sky', { y: 0, width: WIDTH, height: HEIGHT }, stops);
}

/** Light around a point, fading to nothing. */
export function glow(id: string, x: number, y: number, radius: number, colour: string, opacity = 1): string {
  return `<radialGradient id="${id}"><stop offset="0" stop-color="${colour}" stop-opacity="${opacity}"/>
    <stop offset=".45" stop-color="${colour}" stop-opacity="${opacity * 0.34}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>
    <circle cx="${x}" cy="${y}" r="${radius}" fill="url(#${id})"/>`;
}

export type Point = readonly [x: number, y: number];

/** A skyline of hills or rock by midpoint displacement: `roughness` near 0.4 gives dunes, near 0.6 gives crags. */
export function ridge(random: Random, from: Point, to: Point, height: number, roughness: number): Point[] {
  let line: Point[] = [from, to];
  let offset = height;
  for (let level = 0; level < 7; level += 1) {
    const next: Point[] = [];
    line.forEach((point, at) => {
      const before = line[at - 1];
      if (before)
        next.push([(before[0] + point[0]) / 2, (before[1] + point[1]) / 2 + between(random, -offset, offset)]);
      next.push(point);
    });
    line = next;
    offset *= roughness;
  }
  return line;
}

/** A range of peaks: ridges from one given point to the next. */
export function range(random: Random, points: readonly Point[], height: number, roughness: number): Point[] {
  return points.flatMap((point, at) => {
    const next = points[at + 1];
    return next ? ridge(random, point, next, height, roughness) : [];
  });
}

export function path(points: readonly Point[]): string {
  return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** Everything below a line, down to `floor`. */
export function ground(line: readonly Point[], floor: number, fill: string, attributes = ''): string {
  const first = line[0]?.[0] ?? 0;
  const last = line.at(-1)?.[0] ?? 0;
  return `<path d="${path(line)}L${last} ${floor}L${first} ${floor}Z" fill="${fill}" ${attributes}/>`;
}

/** A conifer in ragged tiers, standing on (x, y). */
export function pine(random: Random, x: number, y: number, height: number, fill: string): string {
  const tiers = 9;
  const left: Point[] = [];
  const right: Point[] = [];
  for (let tier = 1; tier <= tiers; tier += 1) {
    const level = y - height * (1 - tier / (tiers + 0.6));
    const reach = height * 0.23 * (tier / tiers) * between(random, 0.8, 1.15);
    left.push([x - reach, level], [x - reach * 0.45, level - height * 0.015]);
    right.push([x + reach * between(random, 0.85, 1.1), level], [x + reach * 0.45, level - height * 0.015]);
  }
  return `<path d="${path([[x, y - height], ...right, [x, y], ...left.reverse()])}Z" fill="${fill}"/>
    <rect x="${x - height * 0.018}" y="${y - height * 0.08}" width="${height * 0.036}" height="${height * 0.08}" fill="${fill}"/>`;
}

/** Glints on water: flat dashes, longer and further apart towards the viewer. */
export function ripples(
  random: Random,
  area: { top: number; bottom: number; left: number; right: number },
  count: number,
  colours: readonly string[],
): string {
  return times(count, () => {
    const depth = random() ** 1.6;
    const y = area.top + (area.bottom - area.top) * depth;
    const x = between(random, area.left, area.right);
    const length = between(random, 6, 20) + 60 * depth * random();
    const colour = colours[Math.floor(random() * colours.length)] ?? '#fff';
    return `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${(length / 2).toFixed(1)}" ry="${(0.6 + 1.5 * depth).toFixed(1)}" fill="${colour}" opacity="${between(random, 0.15, 0.6).toFixed(2)}"/>`;
  });
}

/** What stands above `waterline`, upside down below it, dimmed by the water's colour. */
export function reflect(content: string, waterline: number, opacity: number): string {
  return `<g transform="translate(0 ${2 * waterline}) scale(1 -1)" opacity="${opacity}">${content}</g>`;
}
