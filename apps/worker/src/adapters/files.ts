import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from '@foretoken/drafting'

/** By name. */
export type AdapterFiles = ReadonlyMap<string, Uint8Array>

/** The weights, whose hash names the adapter, first. */
export const ADAPTER_FILES = [ADAPTER_WEIGHTS_FILE, ADAPTER_CONFIG_FILE] as const
