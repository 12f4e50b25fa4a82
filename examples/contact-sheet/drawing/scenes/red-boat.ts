import { sailingBoat } from '../sailing-boat.js';
import { glow, ground, HEIGHT as H, type Random, reflect, ridge, ripples, sky, WIDTH as W, wash } from '../scenery.js';

export function redBoat(random: Random): string {
  const far = ground(ridge(random, [0, 330], [W, 318], 46, 0.5), 360, '#7c6a8e');
  const near = ground(ridge(random, [0, 346], [W, 300], 26, 0.5), 360, '#4d4a73');
  const boat = sailingBoat(400, 436, 1.35, '#c8322b', '#f7efe2');
  return `${sky('#27467d', '#7d86b4', '#f2b184', '#fbd9a0', '#fbd9a0')}
    ${glow('sun', 690, 300, 260, '#fff1c4', 0.95)}<circle cx="690" cy="300" r="34" fill="#fff6dc"/>${far}${near}
    ${wash('sea', { y: 358, width: W, height: H - 358 }, ['#e8b48b', '#8b83a6', '#33507f', '#1d3560'])}
    ${ripples(random, { top: 362, bottom: H, left: 0, right: W }, 780, ['#fbe3b5', '#1d3560', '#f3c092', '#27467d'])}
    ${ripples(random, { top: 362, bottom: H, left: 610, right: 770 }, 260, ['#fff4d0', '#ffe9b0'])}
    ${reflect(boat, 448, 0.28)}${boat}
    ${ripples(random, { top: 452, bottom: 500, left: 310, right: 500 }, 40, ['#f5d3ac', '#33507f'])}`;
}
