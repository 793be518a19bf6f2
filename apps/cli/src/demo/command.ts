import type { Command } from 'commander'
/** `foretoken demo`. */
export function addDemoCommand(program: Command): void {
  program.command('demo')
}
