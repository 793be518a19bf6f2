import type { Workload } from '../workload.ts'
import { codeDocs } from './code-docs.ts'
import { freightDesk } from './freight-desk.ts'
import { meetingMinutes } from './meeting-minutes.ts'
import { outdoorShop } from './outdoor-shop.ts'
import { recipeSite } from './recipe-site.ts'
import { shopSupport } from './shop-support.ts'
import { travelGuide } from './travel-guide.ts'

/** Tenants of a general model: each has a system prompt, a form and words of its own. */
export const tenantWorkloads: readonly Workload[] = [
  codeDocs,
  freightDesk,
  meetingMinutes,
  outdoorShop,
  recipeSite,
  shopSupport,
  travelGuide,
]
