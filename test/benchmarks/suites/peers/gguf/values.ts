import type { MetadataValue } from '@foretoken/model/testing/gguf'

export const text = (value: string): MetadataValue => ({ type: 'string', value })
export const count = (value: number): MetadataValue => ({ type: 'uint32', value })
export const float = (value: number): MetadataValue => ({ type: 'float32', value })
export const flag = (value: boolean): MetadataValue => ({ type: 'bool', value })
