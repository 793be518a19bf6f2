import { accessSync, constants } from 'node:fs'
import { listSupportedBackends } from '@foretoken/onnx-runtime'
import { CliError } from '../errors.ts'
import type { PlatformOptions } from './options.ts'

/** @throws CliError when ONNX Runtime has no such execution provider on this machine. */
export function checkDevice(device: string): void {
  const available = listSupportedBackends().map((backend) => backend.name)
  if (available.includes(device)) return
  throw new CliError(
    `The device "${device}" is not in this build of ONNX Runtime, which has: ${available.join(', ')}. ` +
      'Choose one of these with --device.',
  )
}

/** @throws CliError when a file can't be read. */
export function checkTls(tls: PlatformOptions['tls']): void {
  if (tls === undefined) return
  for (const file of [tls.certificate, tls.key]) {
    try {
      accessSync(file, constants.R_OK)
    } catch {
      throw new CliError(`The TLS file ${file} can't be read.`)
    }
  }
}
