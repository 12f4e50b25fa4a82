import { sailingBoat } from '../sailing-boat.js';
import { between, ground, HEIGHT as H, type Random, ridge, ripples, sky, WIDTH as W, wash } from '../scenery.js';

export function regatta(random: Random): string {
  const sails = ['#f5f2ea', '#e4553d', '#2f6fa8', '#f0c64a', '#f5f2ea', '#3f9a82', '#d98cb0'];
  return `${sky('#4a90cf', '#9cc8e8', '#e3f0f4', '#e3f0f4')}${ground(ridge(random, [0, 318], [W, 326], 22, 0.5), 350, '#7fa08a')}
    ${wash('sea', { y: 346, width: W, height: H - 346 }, ['#5fa3c2', '#2c7aa6', '#17557f'])}${ripples(random, { top: 350, bottom: H, left: 0, right: W }, 460, ['#ffffff', '#17557f', '#a9d6e6'])}
    ${sails.map((sail, at) => sailingBoat(80 + at * 136 + between(random, -20, 20), 400 + ((at * 53) % 150), 0.6 + ((at * 53) % 150) / 190, '#26384a', sail)).join('')}`;
}
