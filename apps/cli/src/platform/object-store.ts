import { pathToFileURL } from 'node:url'
import type { DataFolder } from '../data-folder/folder.ts'

/** Where what is learned is kept: the one that was given, or a folder of the data folder. */
export function objectStoreUrl(folder: DataFolder, given: string | undefined): string {
  return given ?? pathToFileURL(folder.objects).href
}
