import { sailingBoat } from '../sailing-boat.js';
import { between, HEIGHT as H, type Random, reflect, ripples, sky, times, WIDTH as W, wash } from '../scenery.js';

export function harbourHouses(random: Random): string {
  const paints = ['#c8503c', '#e3b04b', '#4f7d8c', '#e9dcc3', '#8a3b4a', '#6c8f6b', '#d98c4a', '#3f5f86', '#ead08a'];
  let x = -20;
  const houses = paints.map((paint) => {
    const width = between(random, 98, 132);
    const top = between(random, 130, 190);
    const floors = 4;
    const across = 3;
    const windows = times(floors * across, (at) => {
      const wx = x + width * (0.14 + 0.27 * (at % across));
      const wy = top + 26 + Math.floor(at / across) * 58;
      const lit = random() < 0.25;
      return `<rect x="${wx - 3}" y="${wy - 3}" width="${width * 0.19 + 6}" height="40" fill="#fff" opacity=".9"/><rect x="${wx}" y="${wy}" width="${width * 0.19}" height="34" fill="${lit ? '#ffd98a' : '#33424f'}"/>
        <path d="M${wx + width * 0.095} ${wy}v34M${wx} ${wy + 14}h${width * 0.19}" stroke="#fff" stroke-width="2"/>`;
    });
    const roof =
      random() < 0.5
        ? `<path d="M${x - 4} ${top}L${x + width / 2} ${top - 74}L${x + width + 4} ${top}Z" fill="#7b3b2e"/><rect x="${x + width / 2 - 8}" y="${top - 44}" width="16" height="22" fill="#ffe3a8"/>`
        : `<path d="M${x - 2} ${top}L${x + 12} ${top - 46}H${x + width - 12}L${x + width + 2} ${top}Z" fill="#4a4f58"/><rect x="${x + width * 0.68}" y="${top - 70}" width="14" height="30" fill="#8a4a3a"/>`;
    const house = `${roof}<rect x="${x}" y="${top}" width="${width}" height="${408 - top}" fill="${paint}"/><rect x="${x + width - 10}" y="${top}" width="10" height="${408 - top}" fill="#000" opacity=".14"/>${windows}
      <rect x="${x + width * 0.4}" y="366" width="${width * 0.2}" height="42" fill="#3b2c26"/>`;
    x += width;
    return house;
  });
  const quay = `<rect y="406" width="${W}" height="26" fill="#8d8378"/>${times(44, (at) => `<rect x="${at * 22}" y="408" width="20" height="${at % 2 ? 10 : 22}" fill="#736a60" opacity=".5"/>`)}`;
  const row = houses.join('') + quay;
  const boats = sailingBoat(210, 486, 0.95, '#274b63', '#f4ead8') + sailingBoat(700, 510, 1.15, '#7a2f2a', '#efe3cc');
  return `${sky('#5d9bd0', '#a8cde6', '#e9f1ee', '#e9f1ee')}${row}
    ${wash('water', { y: 432, width: W, height: 208 }, ['#4f7d8c', '#27576b', '#173f52'])}${reflect(row, 432, 0.42)}
    ${ripples(random, { top: 436, bottom: H, left: 0, right: W }, 520, ['#d9ebee', '#173f52', '#0f3040', '#f0d9a8'])}${boats}
    ${ripples(random, { top: 500, bottom: 560, left: 140, right: 780 }, 70, ['#d9ebee', '#173f52'])}`;
}
