import { Command } from 'commander'
import { addAdminCommand } from './admin/command.ts'
import { addAuditCommand } from './audit/command.ts'
import { addBillingCommand } from './billing/command.ts'
import { addDemoCommand } from './demo/command.ts'
import { addDoctorCommand } from './doctor/command.ts'
import { addDraftCommand } from './draft/command.ts'
import { addKeyCommand } from './key/command.ts'
import { addModelCommand } from './model/command.ts'
import { addQueueCommand } from './queue/command.ts'
import { addSchedulerCommand } from './scheduler/command.ts'
import { addStatusCommand } from './status/command.ts'
import { addTenantCommand } from './tenant/command.ts'
import { addUpCommand } from './up/command.ts'

/** All commands. What a command needs to run is loaded when it runs. */
export function createProgram(): Command {
  const program = new Command('foretoken').description('Multi-tenant inference with draft models that learn')
  addUpCommand(program)
  addStatusCommand(program)
  addDemoCommand(program)
  addTenantCommand(program)
  addKeyCommand(program)
  addAdminCommand(program)
  addAuditCommand(program)
  addBillingCommand(program)
  addModelCommand(program)
  addDraftCommand(program)
  addSchedulerCommand(program)
  addQueueCommand(program)
  addDoctorCommand(program)
  return program
}
