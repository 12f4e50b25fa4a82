/** The scenes on the sample's pictures. Names become file names, and these become titles. */
import type { Random } from './scenery.js';
import { alpineLake } from './scenes/alpine-lake.js';
import { balloons } from './scenes/balloons-at-dawn.js';
import { birchWood } from './scenes/birch-wood.js';
import { dunes } from './scenes/desert-dunes.js';
import { harbourHouses } from './scenes/harbour-houses.js';
import { lavenderField } from './scenes/lavender-field.js';
import { lighthouse } from './scenes/lighthouse.js';
import { nightSkyline } from './scenes/night-skyline.js';
import { foggyPines } from './scenes/pines-in-fog.js';
import { redBoat } from './scenes/red-boat.js';
import { regatta } from './scenes/regatta.js';
import { winterCabin } from './scenes/winter-cabin.js';

/** How a picture was spoiled. */
export type Flaw =
  | { readonly kind: 'out-of-focus'; readonly radius: number }
  | { readonly kind: 'underexposed'; readonly gain: number }
  | { readonly kind: 'overexposed'; readonly gain: number; readonly lift: number };

export interface Scene {
  readonly name: string;
  readonly seed: number;
  readonly flaw?: Flaw;
  draw(random: Random): string;
}

/** In the order in which the files sort. */
export const scenes: readonly Scene[] = [
  { name: 'alpine-lake', seed: 11, draw: alpineLake },
  { name: 'balloons-at-dawn', seed: 23, draw: balloons },
  { name: 'birch-wood', seed: 5, draw: birchWood },
  { name: 'desert-dunes', seed: 8, draw: dunes, flaw: { kind: 'out-of-focus', radius: 2 } },
  { name: 'harbour-houses', seed: 42, draw: harbourHouses },
  { name: 'lavender-field', seed: 3, draw: lavenderField },
  { name: 'lighthouse', seed: 17, draw: lighthouse },
  { name: 'night-skyline', seed: 29, draw: nightSkyline, flaw: { kind: 'underexposed', gain: 0.4 } },
  { name: 'pines-in-fog', seed: 13, draw: foggyPines, flaw: { kind: 'out-of-focus', radius: 6 } },
  { name: 'red-boat', seed: 7, draw: redBoat },
  { name: 'regatta', seed: 19, draw: regatta, flaw: { kind: 'out-of-focus', radius: 9 } },
  { name: 'winter-cabin', seed: 31, draw: winterCabin, flaw: { kind: 'overexposed', gain: 1.5, lift: 10 } },
];
