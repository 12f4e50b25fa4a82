import { glow, ground, HEIGHT as H, type Random, ridge, sky, WIDTH as W } from '../scenery.js';

export function dunes(random: Random): string {
  const tones: [string, string][] = [
    ['#e7b77c', '#c98f58'],
    ['#dfa565', '#b87742'],
    ['#d28f4c', '#9a5a2e'],
  ];
  const crests = tones.map(([light, shade], at) => {
    const y = 340 + at * 84;
    return `<path d="M0 ${y + 50}C180 ${y + 30} 300 ${y - 70 + at * 24} ${430 + at * 110} ${y - 60}C${620 + at * 60} ${y - 40} 760 ${y + 50} ${W} ${y + 20}V${H}H0Z" fill="${light}"/>
      <path d="M${430 + at * 110} ${y - 60}C${500 + at * 90} ${y + 10} ${420 + at * 80} ${y + 90} ${560 + at * 60} ${H}H${W}V${y + 20}C760 ${y + 50} ${620 + at * 60} ${y - 40} ${430 + at * 110} ${y - 60}Z" fill="${shade}"/>`;
  });
  return `${sky('#6ea3cf', '#c9d9dd', '#f6e0b8', '#f6e0b8')}${glow('sun', 220, 210, 210, '#fffbe6', 0.95)}<circle cx="220" cy="210" r="30" fill="#fffdf2"/>
    ${ground(ridge(random, [0, 330], [W, 322], 20, 0.45), 420, '#d9b896')}${crests.join('')}`;
}
