import { between, HEIGHT as H, type Random, reflect, ripples, sky, times, WIDTH as W, wash } from '../scenery.js';

export function nightSkyline(random: Random): string {
  let x = -10;
  let city = '';
  while (x < W) {
    const width = between(random, 34, 84);
    const top = between(random, 130, 360);
    const columns = Math.floor(width / 11);
    const windows = times(columns * Math.floor((430 - top) / 15), (at) =>
      random() < 0.4
        ? `<rect x="${x + 6 + (at % columns) * 11}" y="${top + 10 + Math.floor(at / columns) * 15}" width="5" height="8" fill="${random() < 0.7 ? '#ffd27a' : '#cfe6ff'}"/>`
        : '',
    );
    city += `<rect x="${x}" y="${top}" width="${width}" height="${432 - top}" fill="${random() < 0.5 ? '#1d2740' : '#263352'}"/>${windows}`;
    x += width + between(random, 0, 8);
  }
  return `${sky('#0d1633', '#24335f', '#5a4f7d', '#5a4f7d')}${times(120, () => `<circle cx="${between(random, 0, W)}" cy="${between(random, 0, 260)}" r="${between(random, 0.5, 1.4)}" fill="#fff" opacity="${between(random, 0.3, 0.9)}"/>`)}
    ${city}${wash('river', { y: 432, width: W, height: 208 }, ['#34406a', '#131c3a'])}${reflect(city, 432, 0.35)}
    ${ripples(random, { top: 436, bottom: H, left: 0, right: W }, 360, ['#131c3a', '#ffd27a', '#4a5a8c'])}`;
}
