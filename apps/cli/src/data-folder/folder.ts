import { accessSync, constants, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CliError } from '../errors.ts'

/** Where everything of one embedded platform lives, by absolute path. */
export interface DataFolder {
  readonly path: string
  readonly lock: string
  /** Pepper, cluster secret, database password, first key. Mode 0600. */
  readonly credentials: string
  /** An owner's credential for the admin API. Mode 0600. */
  readonly adminKey: string
  /** What runs, while it runs. Mode 0600: it holds the database's URL. */
  readonly state: string
  readonly postgres: string
  readonly models: string
  /** Adapters and traces, where no object store is given. */
  readonly objects: string
  /** Adapters from a bucket that workers keep at hand, a folder per worker. */
  readonly adapters: string
  /** Answers and checkpoints of `draft train`, a folder per target. */
  readonly training: string
  /** Static drafts that were trained here, a folder per target. */
  readonly drafts: string
}

export const DEFAULT_DATA_FOLDER = '.foretoken'

export function dataFolder(path: string): DataFolder {
  const root = resolve(path)
  return {
    path: root,
    lock: join(root, 'lock'),
    credentials: join(root, 'credentials.json'),
    adminKey: join(root, 'admin-key'),
    state: join(root, 'state.json'),
    postgres: join(root, 'postgres'),
    models: join(root, 'models'),
    objects: join(root, 'objects'),
    adapters: join(root, 'adapters'),
    training: join(root, 'training'),
    drafts: join(root, 'drafts'),
  }
}

/** Makes the folder if need be, for its owner only. */
export function openDataFolder(path: string): DataFolder {
  const folder = dataFolder(path)
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o700 })
    accessSync(folder.path, constants.W_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CliError(`The data folder ${folder.path} can't be written (${reason}). Choose another with --data-dir.`)
  }
  return folder
}
