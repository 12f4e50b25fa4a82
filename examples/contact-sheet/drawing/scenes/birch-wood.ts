import { between, glow, ground, HEIGHT as H, type Random, ridge, sky, times, WIDTH as W } from '../scenery.js';

export function birchWood(random: Random): string {
  const leaves = (count: number, top: number, bottom: number, colours: readonly string[]) =>
    times(count, () => {
      const x = between(random, -10, W + 10);
      const y = between(random, top, bottom);
      return `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${between(random, 4, 9).toFixed(1)}" ry="${between(random, 2.5, 5).toFixed(1)}" transform="rotate(${between(random, 0, 180).toFixed(0)} ${x.toFixed(1)} ${y.toFixed(1)})" fill="${colours[Math.floor(random() * colours.length)]}"/>`;
    });
  const trunk = (x: number, width: number, tone: string) => {
    const lean = between(random, -14, 14);
    const marks = times(Math.round(width * 1.4), () => {
      const y = between(random, 0, 580);
      const reach = width * between(random, 0.2, 0.7);
      const left = x + (lean * (580 - y)) / 580 + (random() < 0.5 ? 0 : width - reach);
      return `<ellipse cx="${left + reach / 2}" cy="${y}" rx="${reach / 2}" ry="${between(random, 1, 4)}" fill="#2c2a28" opacity=".8"/>`;
    });
    return `<path d="M${x + lean} -4H${x + lean + width * 0.8}L${x + width} 590H${x}Z" fill="${tone}"/><path d="M${x + lean + width * 0.5} -4h${width * 0.3}L${x + width} 590h${-width * 0.34}Z" fill="#4b4540" opacity=".28"/>${marks}`;
  };
  const autumn = ['#e0902a', '#f0b53c', '#c9611f', '#f6cf65', '#a9471b'];
  return `${sky('#f4dca2', '#f0c878', '#d99a4a', '#9a5c2c')}${glow('light', 520, 250, 380, '#fff6d8', 0.9)}
    ${times(16, (at) => trunk(at * 62 + between(random, -20, 20), between(random, 8, 14), '#e3cfae'))}${leaves(900, 0, 260, ['#e9b455', '#efc670', '#d98d3a'])}
    ${ground(ridge(random, [0, 500], [W, 512], 14, 0.5), H, '#8a4a1e')}${leaves(1100, 508, H, autumn)}
    ${[70, 214, 372, 610, 742, 884].map((x) => trunk(x + between(random, -16, 16), between(random, 26, 44), '#f3eee4')).join('')}
    ${leaves(700, -10, 190, autumn)}${leaves(500, 560, H, autumn)}`;
}
