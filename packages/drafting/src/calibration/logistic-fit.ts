/**
 * Which probability a belief stands for: σ(slope · belief + offset), belief and result as logits (Platt 1999), learned
 * one outcome at a time. Recursive Bayesian logistic regression: a Gaussian over slope and offset is moved by each
 * outcome as far as it is uncertain, so two numbers are learned from few outcomes. Its uncertainty drifts back to where
 * it began, so a change of the source is followed within some hundred outcomes.
 */
export class LogisticFit {
  private slope = 1
  private offset = 0
  /** Covariance of slope and offset. */
  private slopes = SLOPE_VARIANCE
  private both = 0
  private offsets = OFFSET_VARIANCE

  /** @param belief a logit */
  probability(belief: number): number {
    return 1 / (1 + Math.exp(-(this.slope * belief + this.offset)))
  }

  observe(belief: number, outcome: boolean): void {
    const expected = this.probability(belief)
    const surprise = (outcome ? 1 : 0) - expected
    this.slopes += DRIFT * (SLOPE_VARIANCE - this.slopes)
    this.both -= DRIFT * this.both
    this.offsets += DRIFT * (OFFSET_VARIANCE - this.offsets)
    // The covariance times [belief, 1], before and after this outcome: a rank-one update, as in a Kalman filter.
    const slopeGain = this.slopes * belief + this.both
    const offsetGain = this.both * belief + this.offsets
    const information = Math.max(INFORMATION_MIN, expected * (1 - expected))
    const share = 1 / (1 + information * (slopeGain * belief + offsetGain))
    this.slope += share * slopeGain * surprise
    this.offset += share * offsetGain * surprise
    this.slopes -= share * information * slopeGain ** 2
    this.both -= share * information * slopeGain * offsetGain
    this.offsets -= share * information * offsetGain ** 2
  }
}

/** What is believed before the first outcome: drafts come with a trained confidence, so about slope 1 and offset 0. */
const SLOPE_VARIANCE = 0.2
const OFFSET_VARIANCE = 0.6
/** Share of the way back to them per outcome. */
const DRIFT = 0.0002
/** So much is learned also from an outcome that was certain: a wrong certainty could not be unlearned otherwise. */
const INFORMATION_MIN = 0.02
