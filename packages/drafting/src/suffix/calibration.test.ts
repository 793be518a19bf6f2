import { describe, expect, it } from 'vitest'
import { drawAt } from '../controller/index.ts'
import { Calibration, type Evidence } from './calibration.ts'

const CONFIDENT: Evidence = { source: 'tenant', match: 12, share: 1, support: 5, depth: 0 }
const DOUBTFUL: Evidence = { source: 'tenant', match: 1, share: 0.3, support: 2, depth: 0 }

describe('Calibration', () => {
  it('starts from constants in which longer and more unanimous matches are likelier', () => {
    expect(after(CONFIDENT, 0, 0)).toBeGreaterThan(0.8)
    expect(after(DOUBTFUL, 0, 0)).toBeLessThan(0.2)
  })

  it('comes within 8 points (three standard deviations) of the true rate after 300 outcomes, wherever it started', () => {
    for (const evidence of [CONFIDENT, DOUBTFUL]) {
      for (const rate of [0.1, 0.5, 0.9]) expect(Math.abs(after(evidence, rate, 300) - rate)).toBeLessThan(0.08)
    }
  })

  it('stops believing confident matches within ten rejections', () => {
    expect(after(CONFIDENT, 0, 10)).toBeLessThan(0.25)
  })

  it('lends what it learned at one depth to the others', () => {
    const calibration = new Calibration()
    for (let i = 0; i < 100; i++) calibration.observe(calibration.bucket(CONFIDENT), false)
    expect(calibration.probability(calibration.bucket({ ...CONFIDENT, depth: 6 }))).toBeLessThan(0.2)
  })
})

function after(evidence: Evidence, rate: number, outcomes: number): number {
  const calibration = new Calibration()
  const bucket = calibration.bucket(evidence)
  for (let i = 0; i < outcomes; i++) calibration.observe(bucket, drawAt(7, i) < rate)
  return calibration.probability(bucket)
}
