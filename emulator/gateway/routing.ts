/** What the gateway serves; each stands for an endpoint at RunPod. */
export const SURFACES = ['chat', 'images', 'embeddings', 'transcribe'] as const;

export type Surface = (typeof SURFACES)[number];

export interface GatewayRouting {
  /** The endpoint of a surface. A surface without one asks for `endpointId`. */
  readonly surfaces?: Readonly<Partial<Record<Surface, string>>>;
  /** The endpoint of a model; looked at before the surface. */
  readonly models?: Readonly<Record<string, string>>;
}

export interface RoutedRequest {
  readonly surface: Surface;
  /** `?endpointId=`, else `endpointId` of the body. */
  readonly endpointId: string | undefined;
  readonly model: string | undefined;
}

/**
 * The endpoint that a request goes to. Only a submit names a model: a later request that names no endpoint is sent to
 * the surface's, whatever the model chose.
 */
export function resolveEndpoint(
  { surfaces = {}, models = {} }: GatewayRouting,
  { surface, endpointId, model }: RoutedRequest,
): string | undefined {
  return endpointId ?? (model === undefined ? undefined : models[model]) ?? surfaces[surface];
}

export function isSurface(text: string): text is Surface {
  return SURFACES.some((surface) => surface === text);
}
