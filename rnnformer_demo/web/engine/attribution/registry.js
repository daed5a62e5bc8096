/** The attribution methods that run in the browser, one file each; their traits are facts of the model, see `site/models.py`. */

import { attentionJacobian } from "./attention_jacobian.js";
import { attentionRollout } from "./attention_rollout.js";
import { directLogitAttribution } from "./direct_logit_attribution.js";
import { gradCam } from "./grad_cam.js";
import { gradientAttention } from "./gradient_attention.js";
import { gradientShap } from "./gradient_shap.js";
import { gradientXInput } from "./gradient_x_input.js";
import { greedyOcclusion } from "./greedy_occlusion.js";
import { integratedGradients } from "./integrated_gradients.js";
import { kernelShap } from "./kernel_shap.js";
import { occlusion } from "./occlusion.js";
import { permutationShapley } from "./permutation_shapley.js";
import { random } from "./random.js";
import { recurrenceIntegratedGradients } from "./recurrence_integrated_gradients.js";
import { relevancePropagation } from "./relevance_propagation.js";

/**
 * @typedef {object} Explanation scores of one input for one class
 * @property {ArrayLike<number>} scores one for each unit, positive = for the class
 * @property {number | null} [gap] of completeness; null where the method does not promise it
 * @property {string[]} [warnings] sentences about the computation
 * @property {number | null} [biasRelevance] the part of the logit that biases get and no unit
 *
 * @typedef {object} Request
 * @property {number} target index of the class
 * @property {(share: number) => void} report is called with the share that is done
 * @property {number} seed of the method's draws
 * @property {Record<string, string>} options the choices of the method, the default where none is made
 *
 * @typedef {(subject: import("../subject.js").Subject, request: Request) => Promise<Explanation>} Compute
 */

/** @type {Record<string, Compute>} */
export const METHODS = {
  "integrated-gradients": integratedGradients,
  "relevance-propagation": relevancePropagation,
  occlusion,
  "greedy-occlusion": greedyOcclusion,
  "kernel-shap": kernelShap,
  "permutation-shapley": permutationShapley,
  "gradient-shap": gradientShap,
  "direct-logit-attribution": directLogitAttribution,
  "gradient-x-input": gradientXInput,
  "grad-cam": gradCam,
  "attention-jacobian": attentionJacobian,
  "gradient-attention": gradientAttention,
  "attention-rollout": attentionRollout,
  "recurrence-integrated-gradients": recurrenceIntegratedGradients,
  random,
};

/**
 * @typedef {object} Traits of a method, see `interpret/attribution/registry.py`
 * @property {string} name @property {string} title @property {string} about @property {string} scale
 * @property {boolean} slow_on_grid @property {boolean} integrates @property {boolean} draws @property {boolean} signed
 * @property {boolean} in_browser
 * @property {Record<string, string[]>} options @property {string} benchmark what was measured of it, in a sentence
 */

/** Return the traits of a method that works on a model's inputs. @param {import("../model.js").LocalModel} model @param {string} name */
export function traitsOf(model, name) {
  return /** @type {Traits | undefined} */ (model.facts.methods.find((/** @type {Traits} */ method) => method.name === name));
}
