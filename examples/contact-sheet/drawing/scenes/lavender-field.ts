import { between, glow, ground, HEIGHT as H, type Random, ridge, sky, times, WIDTH as W, wash } from '../scenery.js';

export function lavenderField(random: Random): string {
  const horizon = 268;
  const rows = times(15, (row) => {
    const vanishing = 520;
    const spread = (row - 7) * 150;
    return times(150, (at) => {
      const depth = (at / 150) ** 2.1;
      const y = horizon + 6 + (H - horizon + 30) * depth;
      const x = vanishing + spread * (0.06 + depth * 1.35) + between(random, -22, 22) * depth;
      const r = 1.4 + 26 * depth;
      const tone = ['#6a4fa0', '#7f63b8', '#543c86', '#9a80cf'][Math.floor(random() * 4)];
      return `<ellipse cx="${x.toFixed(1)}" cy="${(y - r * 0.4).toFixed(1)}" rx="${r.toFixed(1)}" ry="${(r * 0.72).toFixed(1)}" fill="${tone}"/>${depth > 0.06 ? times(5, () => `<path d="M${(x + between(random, -r, r)).toFixed(1)} ${y.toFixed(1)}l${between(random, -3, 3).toFixed(1)} ${(-r * between(random, 0.9, 1.6)).toFixed(1)}" stroke="${random() < 0.5 ? '#b9a3e6' : '#8268c2'}" stroke-width="${(0.8 + 2.4 * depth).toFixed(1)}" stroke-linecap="round"/>`) : ''}`;
    });
  });
  return `${sky('#3a78bd', '#8cb9de', '#f6e3c4', '#f6e3c4')}${glow('sun', 770, 210, 240, '#fff3cf', 0.9)}
    ${ground(ridge(random, [0, 236], [W, 226], 30, 0.48), 300, '#8fa3bd')}${ground(ridge(random, [0, 262], [W, 252], 12, 0.5), 300, '#5f7d6a')}
    ${wash('field', { y: horizon, width: W, height: H - horizon }, ['#8a9a63', '#6e7d4c', '#4d5a38'])}${rows}
    <rect x="214" y="216" width="66" height="46" fill="#ecd9b8"/><rect x="256" y="216" width="24" height="46" fill="#cdb48c"/><path d="M206 218L247 188L288 218Z" fill="#b05a3c"/><rect x="226" y="230" width="10" height="14" fill="#4f5f6b"/><rect x="242" y="236" width="11" height="26" fill="#6b4a35"/>
    ${times(5, (at) => `<path d="M${152 + at * 13} 264q-7 -40 0 -${60 + at * 6}q7 ${20 + at * 6} 0 ${60 + at * 6}Z" fill="#2f4f3a"/>`)}`;
}
