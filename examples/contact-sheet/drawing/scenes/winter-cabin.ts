import { between, ground, HEIGHT as H, pine, type Random, ridge, sky, times, WIDTH as W } from '../scenery.js';

export function winterCabin(random: Random): string {
  return `${sky('#a8c4dc', '#d3e1ea', '#eef3f5', '#eef3f5')}${ground(ridge(random, [0, 300], [W, 280], 90, 0.5), 420, '#c3d2df')}
    ${times(46, (at) => pine(random, at * 21 + between(random, -8, 8), between(random, 400, 424), between(random, 70, 150), random() < 0.5 ? '#6b8a8f' : '#86a3a6'))}
    ${ground(ridge(random, [0, 412], [W, 404], 16, 0.42), H, '#e6eef3')}
    <rect x="390" y="360" width="170" height="96" fill="#8a5a3c"/>${times(7, (at) => `<path d="M390 ${366 + at * 13}H560" stroke="#6e4429" stroke-width="2"/>`)}<path d="M366 366L475 292L584 366Z" fill="#f7fafc"/><path d="M366 366L475 292L584 366L572 374L475 308L378 374Z" fill="#5a4032"/>
    <rect x="416" y="386" width="34" height="30" fill="#ffd98a"/><rect x="494" y="392" width="34" height="64" fill="#4a3226"/>
    ${ground(ridge(random, [0, 470], [W, 500], 18, 0.42), H, '#f3f7f9')}${times(180, () => `<circle cx="${between(random, 0, W)}" cy="${between(random, 0, H)}" r="${between(random, 1.2, 3.6)}" fill="#fff"/>`)}`;
}
