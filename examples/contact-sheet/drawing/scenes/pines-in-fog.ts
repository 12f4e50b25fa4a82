import { between, ground, HEIGHT as H, pine, type Random, ridge, sky, WIDTH as W } from '../scenery.js';

export function foggyPines(random: Random): string {
  const tones = ['#c3cdd0', '#9fb0b4', '#718a8c', '#456163', '#213c3c'];
  const layers = tones.map((tone, at) => {
    const line = ridge(random, [0, 250 + at * 80], [W, 290 + at * 74], 40, 0.48);
    return (
      ground(line, H, tone) +
      line
        .filter(() => random() < 0.5)
        .map(([x, y]) => pine(random, x, y + 10, between(random, 40 + at * 16, 80 + at * 34), tone))
        .join('')
    );
  });
  return `${sky('#cdd6d6', '#dde3e0', '#e6e8e2', '#e6e8e2')}${layers.join('')}`;
}
