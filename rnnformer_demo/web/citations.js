/** What to cite: this software, and the source of an attribution method, as BibTeX. */

/** @typedef {[type: string, key: string, fields: Record<string, string>]} Source */

const SHAP = /** @type {Source} */ (["inproceedings", "lundberg2017unified", {
  author: "Lundberg, Scott M. and Lee, Su-In", title: "A Unified Approach to Interpreting Model Predictions", booktitle: "Advances in Neural Information Processing Systems", volume: "30", year: "2017", eprint: "1705.07874",
}]);
const INTEGRATED_GRADIENTS = /** @type {Source} */ (["inproceedings", "sundararajan2017axiomatic", {
  author: "Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi", title: "Axiomatic Attribution for Deep Networks", booktitle: "Proceedings of the 34th International Conference on Machine Learning", year: "2017", eprint: "1703.01365",
}]);
const GREEDY_OCCLUSION = /** @type {Source} */ (["article", "samek2017evaluating", {
  author: "Samek, Wojciech and Binder, Alexander and Montavon, Gr{\\'e}goire and Lapuschkin, Sebastian and M{\\\"u}ller, Klaus-Robert", title: "Evaluating the Visualization of What a Deep Neural Network Has Learned", journal: "IEEE Transactions on Neural Networks and Learning Systems", volume: "28", number: "11", year: "2017", eprint: "1509.06321",
}]);
const ROLLOUT = /** @type {Source} */ (["inproceedings", "abnar2020quantifying", {
  author: "Abnar, Samira and Zuidema, Willem", title: "Quantifying Attention Flow in Transformers", booktitle: "Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics", year: "2020", eprint: "2005.00928",
}]);
/** @type {Record<string, Source>} sources of methods; those that are not here come from this software */
export const SOURCES = {
  "integrated-gradients": INTEGRATED_GRADIENTS,
  "pixel-integrated-gradients": INTEGRATED_GRADIENTS,
  "recurrence-integrated-gradients": INTEGRATED_GRADIENTS,
  "relevance-propagation": ["inproceedings", "ali2022xai", {
    author: "Ali, Ameen and Schnake, Thomas and Eberle, Oliver and Montavon, Gr{\\'e}goire and M{\\\"u}ller, Klaus-Robert and Wolf, Lior", title: "{XAI} for Transformers: Better Explanations through Conservative Propagation", booktitle: "Proceedings of the 39th International Conference on Machine Learning", year: "2022", eprint: "2202.07304",
  }],
  "pixel-relevance-propagation": ["incollection", "montavon2019layerwise", {
    author: "Montavon, Gr{\\'e}goire and Binder, Alexander and Lapuschkin, Sebastian and Samek, Wojciech and M{\\\"u}ller, Klaus-Robert", title: "Layer-Wise Relevance Propagation: An Overview", booktitle: "Explainable AI: Interpreting, Explaining and Visualizing Deep Learning", year: "2019", doi: "10.1007/978-3-030-28954-6_10",
  }],
  occlusion: ["inproceedings", "zeiler2014visualizing", {
    author: "Zeiler, Matthew D. and Fergus, Rob", title: "Visualizing and Understanding Convolutional Networks", booktitle: "Computer Vision -- ECCV 2014", year: "2014", eprint: "1311.2901",
  }],
  "greedy-occlusion": GREEDY_OCCLUSION,
  "averaged-greedy-occlusion": GREEDY_OCCLUSION,
  "kernel-shap": SHAP,
  "permutation-shapley": ["article", "castro2009polynomial", {
    author: "Castro, Javier and G{\\'o}mez, Daniel and Tejada, Juan", title: "Polynomial Calculation of the {Shapley} Value Based on Sampling", journal: "Computers \\& Operations Research", volume: "36", number: "5", pages: "1726--1730", year: "2009", doi: "10.1016/j.cor.2008.04.004",
  }],
  "gradient-shap": SHAP,
  "gradient-x-input": ["article", "shrikumar2016just", {
    author: "Shrikumar, Avanti and Greenside, Peyton and Shcherbina, Anna and Kundaje, Anshul", title: "Not Just a Black Box: Learning Important Features Through Propagating Activation Differences", journal: "arXiv preprint", year: "2016", eprint: "1605.01713",
  }],
  "grad-cam": ["inproceedings", "selvaraju2017gradcam", {
    author: "Selvaraju, Ramprasaath R. and Cogswell, Michael and Das, Abhishek and Vedantam, Ramakrishna and Parikh, Devi and Batra, Dhruv", title: "{Grad-CAM}: Visual Explanations from Deep Networks via Gradient-Based Localization", booktitle: "IEEE International Conference on Computer Vision", year: "2017", eprint: "1610.02391",
  }],
  "gradient-attention": ["inproceedings", "chefer2021generic", {
    author: "Chefer, Hila and Gur, Shir and Wolf, Lior", title: "Generic Attention-Model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers", booktitle: "IEEE/CVF International Conference on Computer Vision", year: "2021", eprint: "2103.15679",
  }],
  "attention-rollout": ROLLOUT,
  "attention-jacobian": ROLLOUT,
};

/**
 * Return the entries that a result of a document is cited by.
 * @param {any} document @param {string | null} address of the page, where there is one
 */
export function citation({ model, provenance, attribution }, address) {
  const fields = {
    author: "{The maintainers of RNNformer Demo}",
    title: "{RNNformer Demo}: Pretrained {RNN+Transformer} Hybrids for Text and Photos, Shown from the Inside",
    version: provenance.version,
    ...(address ? { url: address } : {}),
    note: `Model ${model.name}, weights with SHA-256 ${model.sha256}`,
  };
  const source = attribution && SOURCES[attribution.method];
  return [entry(["software", "rnnformer_demo", fields]), source ? entry(source) : ""].filter(Boolean).join("\n\n");
}

/** @param {Source} source */
function entry([type, key, fields]) {
  const all = fields.eprint ? { ...fields, archiveprefix: "arXiv" } : fields;
  const lines = Object.entries(all).map(([name, value]) => `  ${name} = {${value}},`);
  return [`@${type}{${key},`, ...lines, "}"].join("\n");
}
