import { between, glow, ground, HEIGHT as H, pine, type Random, ridge, sky, WIDTH as W } from '../scenery.js';

function balloon(x: number, y: number, r: number, colours: readonly [string, string]): string {
  const gore = (width: number, colour: string) =>
    `<path d="M0 ${-r}C${width * 1.25} ${-r} ${width * 1.3} ${r * 0.25} ${width * 0.28} ${r * 1.12}H${-width * 0.28}C${-width * 1.3} ${r * 0.25} ${-width * 1.25} ${-r} 0 ${-r}Z" fill="${colour}"/>`;
  return `<g transform="translate(${x} ${y})">${gore(r, colours[0])}${gore(r * 0.72, colours[1])}${gore(r * 0.42, colours[0])}${gore(r * 0.14, colours[1])}
    <path d="M${-r * 0.26} ${r * 1.12}L${-r * 0.14} ${r * 1.42}M${r * 0.26} ${r * 1.12}L${r * 0.14} ${r * 1.42}" stroke="#4a3a30" stroke-width="${r / 40}"/>
    <rect x="${-r * 0.16}" y="${r * 1.4}" width="${r * 0.32}" height="${r * 0.22}" rx="2" fill="#6e4a2f"/></g>`;
}

export function balloons(random: Random): string {
  const tones = ['#b9a3b8', '#8f86a8', '#5f7391', '#3d5c6d', '#2a4a4a'];
  const hills = tones.map((tone, at) => {
    const line = ridge(random, [0, 400 + at * 42], [W, 390 + at * 46], 60 - at * 5, 0.46);
    const trees =
      at < 3
        ? ''
        : line
            .filter(() => random() < 0.75)
            .map(([x, y]) => pine(random, x, y + 6, between(random, 12, 16 + at * 9), tone))
            .join('');
    return ground(line, H, tone) + trees;
  });
  return `${sky('#5a8fc7', '#a9c3dd', '#f5d7b8', '#f8c795', '#f8c795')}${glow('sun', 180, 390, 300, '#fff3d2', 0.9)}${hills.join('')}
    ${balloon(640, 190, 98, ['#d8452e', '#f6d15a'])}${balloon(322, 150, 60, ['#2f6fa8', '#f3efe6'])}${balloon(466, 318, 38, ['#7a3d8a', '#f0a8b8'])}
    ${balloon(842, 330, 44, ['#e88b2d', '#fdf3df'])}${balloon(150, 262, 30, ['#2f8a6b', '#f6e27a'])}${balloon(742, 420, 20, ['#c2334d', '#fff'])}`;
}
