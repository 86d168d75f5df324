// The files of the course as they stand, so that the program needs nothing beside it.

#include "DescentCourseAssets.h"

#include <string.h>

static const uint8_t site_css[] = {
#embed "../DescentCourse/Site/site.css"
};
static const uint8_t site_js[] = {
#embed "../DescentCourse/Site/site.js"
};
static const uint8_t derivative_js[] = {
#embed "../DescentCourse/Site/controls/derivative.js"
};
static const uint8_t gradient_js[] = {
#embed "../DescentCourse/Site/controls/gradient.js"
};
static const uint8_t descent_js[] = {
#embed "../DescentCourse/Site/controls/descent.js"
};
static const uint8_t regression_js[] = {
#embed "../DescentCourse/Site/controls/regression.js"
};
static const uint8_t sgd_js[] = {
#embed "../DescentCourse/Site/controls/sgd.js"
};
static const uint8_t perceptron_js[] = {
#embed "../DescentCourse/Site/controls/perceptron.js"
};
static const uint8_t logic_js[] = {
#embed "../DescentCourse/Site/controls/logic.js"
};
static const uint8_t sigmoid_js[] = {
#embed "../DescentCourse/Site/controls/sigmoid.js"
};
static const uint8_t activations_js[] = {
#embed "../DescentCourse/Site/controls/activations.js"
};
static const uint8_t loss_js[] = {
#embed "../DescentCourse/Site/controls/loss.js"
};
static const uint8_t crossentropy_js[] = {
#embed "../DescentCourse/Site/controls/crossentropy.js"
};
static const uint8_t softmax_js[] = {
#embed "../DescentCourse/Site/controls/softmax.js"
};
static const uint8_t backpropagation_js[] = {
#embed "../DescentCourse/Site/controls/backpropagation.js"
};
static const uint8_t digits_js[] = {
#embed "../DescentCourse/Site/controls/digits.js"
};
static const uint8_t sizes_js[] = {
#embed "../DescentCourse/Site/controls/sizes.js"
};
static const uint8_t unstable_js[] = {
#embed "../DescentCourse/Site/controls/unstable.js"
};
static const uint8_t window_js[] = {
#embed "../DescentCourse/Site/controls/window.js"
};
static const uint8_t steps_js[] = {
#embed "../DescentCourse/Site/controls/steps.js"
};
static const uint8_t translation_js[] = {
#embed "../DescentCourse/Site/controls/translation.js"
};
static const uint8_t pooling_js[] = {
#embed "../DescentCourse/Site/controls/pooling.js"
};
static const uint8_t lenet_js[] = {
#embed "../DescentCourse/Site/controls/lenet.js"
};
static const uint8_t separable_js[] = {
#embed "../DescentCourse/Site/controls/separable.js"
};
static const uint8_t roofline_js[] = {
#embed "../DescentCourse/Site/controls/roofline.js"
};
static const uint8_t dropout_js[] = {
#embed "../DescentCourse/Site/controls/dropout.js"
};
static const uint8_t augmentation_js[] = {
#embed "../DescentCourse/Site/controls/augmentation.js"
};
static const uint8_t initialization_js[] = {
#embed "../DescentCourse/Site/controls/initialization.js"
};
static const uint8_t converging_js[] = {
#embed "../DescentCourse/Site/controls/converging.js"
};
static const uint8_t transfer_js[] = {
#embed "../DescentCourse/Site/controls/transfer.js"
};
static const uint8_t derivative_swift[] = {
#embed "../DescentCourse/Listings/DerivativeListing.swift"
};
static const uint8_t gradient_swift[] = {
#embed "../DescentCourse/Listings/GradientListing.swift"
};
static const uint8_t descent_swift[] = {
#embed "../DescentCourse/Listings/DescentListing.swift"
};
static const uint8_t regression_swift[] = {
#embed "../DescentCourse/Listings/RegressionListing.swift"
};
static const uint8_t stochastic_swift[] = {
#embed "../DescentCourse/Listings/StochasticListing.swift"
};
static const uint8_t perceptron_swift[] = {
#embed "../DescentCourse/Listings/PerceptronListing.swift"
};
static const uint8_t logic_swift[] = {
#embed "../DescentCourse/Listings/LogicListing.swift"
};
static const uint8_t sigmoid_swift[] = {
#embed "../DescentCourse/Listings/SigmoidListing.swift"
};
static const uint8_t activations_swift[] = {
#embed "../DescentCourse/Listings/ActivationsListing.swift"
};
static const uint8_t loss_swift[] = {
#embed "../DescentCourse/Listings/LossListing.swift"
};
static const uint8_t crossentropy_swift[] = {
#embed "../DescentCourse/Listings/CrossEntropyListing.swift"
};
static const uint8_t softmax_swift[] = {
#embed "../DescentCourse/Listings/SoftmaxListing.swift"
};
static const uint8_t backpropagation_swift[] = {
#embed "../DescentCourse/Listings/BackpropagationListing.swift"
};
static const uint8_t digits_swift[] = {
#embed "../DescentCourse/Listings/DigitsListing.swift"
};
static const uint8_t unstable_swift[] = {
#embed "../DescentCourse/Listings/UnstableListing.swift"
};
static const uint8_t receptive_swift[] = {
#embed "../DescentCourse/Listings/ReceptiveListing.swift"
};
static const uint8_t sharing_swift[] = {
#embed "../DescentCourse/Listings/SharingListing.swift"
};
static const uint8_t pooling_swift[] = {
#embed "../DescentCourse/Listings/PoolingListing.swift"
};
static const uint8_t lenet_swift[] = {
#embed "../DescentCourse/Listings/LeNetListing.swift"
};
static const uint8_t imagenet_swift[] = {
#embed "../DescentCourse/Listings/ImageNetListing.swift"
};
static const uint8_t processors_swift[] = {
#embed "../DescentCourse/Listings/ProcessorsListing.swift"
};
static const uint8_t dropout_swift[] = {
#embed "../DescentCourse/Listings/DropoutListing.swift"
};
static const uint8_t augmentation_swift[] = {
#embed "../DescentCourse/Listings/AugmentationListing.swift"
};
static const uint8_t initialization_swift[] = {
#embed "../DescentCourse/Listings/InitializationListing.swift"
};
static const uint8_t converging_swift[] = {
#embed "../DescentCourse/Listings/ConvergingListing.swift"
};
static const uint8_t transfer_swift[] = {
#embed "../DescentCourse/Listings/TransferListing.swift"
};
static const uint8_t wider_json[] = {
#embed "../../docs/experiments/wider.json"
};
static const uint8_t rates_json[] = {
#embed "../../docs/experiments/rates.json"
};
static const uint8_t rate_too_small_json[] = {
#embed "../../docs/experiments/rate-too-small.json"
};
static const uint8_t rate_too_large_json[] = {
#embed "../../docs/experiments/rate-too-large.json"
};
static const uint8_t all_images_json[] = {
#embed "../../docs/experiments/all-images.json"
};
static const uint8_t independent_json[] = {
#embed "../../docs/experiments/independent.json"
};
static const uint8_t first_json[] = {
#embed "../../docs/experiments/first.json"
};
static const uint8_t overfitting_json[] = {
#embed "../../docs/experiments/overfitting.json"
};
static const uint8_t regularized_json[] = {
#embed "../../docs/experiments/regularized.json"
};
static const uint8_t training_size_json[] = {
#embed "../../docs/experiments/training-size.json"
};
static const uint8_t learning_speed_json[] = {
#embed "../../docs/experiments/learning-speed.json"
};
static const uint8_t initialization_json[] = {
#embed "../../docs/experiments/initialization.json"
};
static const uint8_t lenet_json[] = {
#embed "../../docs/experiments/lenet.json"
};
static const uint8_t dropout_json[] = {
#embed "../../docs/experiments/dropout.json"
};
static const uint8_t augmentation_json[] = {
#embed "../../docs/experiments/augmentation.json"
};
static const uint8_t transfer_json[] = {
#embed "../../docs/experiments/transfer.json"
};
static const uint8_t transfer_embedded_json[] = {
#embed "../../docs/experiments/transfer-embedded.json"
};

static const struct {
  const char *name;
  const uint8_t *bytes;
  int64_t count;
} assets[] = {
  {"Site/site.css", site_css, sizeof site_css},
  {"Site/site.js", site_js, sizeof site_js},
  {"Site/controls/derivative.js", derivative_js, sizeof derivative_js},
  {"Site/controls/gradient.js", gradient_js, sizeof gradient_js},
  {"Site/controls/descent.js", descent_js, sizeof descent_js},
  {"Site/controls/regression.js", regression_js, sizeof regression_js},
  {"Site/controls/sgd.js", sgd_js, sizeof sgd_js},
  {"Site/controls/perceptron.js", perceptron_js, sizeof perceptron_js},
  {"Site/controls/logic.js", logic_js, sizeof logic_js},
  {"Site/controls/sigmoid.js", sigmoid_js, sizeof sigmoid_js},
  {"Site/controls/activations.js", activations_js, sizeof activations_js},
  {"Site/controls/loss.js", loss_js, sizeof loss_js},
  {"Site/controls/crossentropy.js", crossentropy_js, sizeof crossentropy_js},
  {"Site/controls/softmax.js", softmax_js, sizeof softmax_js},
  {"Site/controls/backpropagation.js", backpropagation_js, sizeof backpropagation_js},
  {"Site/controls/digits.js", digits_js, sizeof digits_js},
  {"Site/controls/sizes.js", sizes_js, sizeof sizes_js},
  {"Site/controls/unstable.js", unstable_js, sizeof unstable_js},
  {"Site/controls/window.js", window_js, sizeof window_js},
  {"Site/controls/steps.js", steps_js, sizeof steps_js},
  {"Site/controls/translation.js", translation_js, sizeof translation_js},
  {"Site/controls/pooling.js", pooling_js, sizeof pooling_js},
  {"Site/controls/lenet.js", lenet_js, sizeof lenet_js},
  {"Site/controls/separable.js", separable_js, sizeof separable_js},
  {"Site/controls/roofline.js", roofline_js, sizeof roofline_js},
  {"Site/controls/initialization.js", initialization_js, sizeof initialization_js},
  {"Site/controls/converging.js", converging_js, sizeof converging_js},
  {"Site/controls/dropout.js", dropout_js, sizeof dropout_js},
  {"Site/controls/augmentation.js", augmentation_js, sizeof augmentation_js},
  {"Site/controls/transfer.js", transfer_js, sizeof transfer_js},
  {"Listings/DerivativeListing.swift", derivative_swift, sizeof derivative_swift},
  {"Listings/GradientListing.swift", gradient_swift, sizeof gradient_swift},
  {"Listings/DescentListing.swift", descent_swift, sizeof descent_swift},
  {"Listings/RegressionListing.swift", regression_swift, sizeof regression_swift},
  {"Listings/StochasticListing.swift", stochastic_swift, sizeof stochastic_swift},
  {"Listings/PerceptronListing.swift", perceptron_swift, sizeof perceptron_swift},
  {"Listings/LogicListing.swift", logic_swift, sizeof logic_swift},
  {"Listings/SigmoidListing.swift", sigmoid_swift, sizeof sigmoid_swift},
  {"Listings/ActivationsListing.swift", activations_swift, sizeof activations_swift},
  {"Listings/LossListing.swift", loss_swift, sizeof loss_swift},
  {"Listings/CrossEntropyListing.swift", crossentropy_swift, sizeof crossentropy_swift},
  {"Listings/SoftmaxListing.swift", softmax_swift, sizeof softmax_swift},
  {"Listings/BackpropagationListing.swift", backpropagation_swift, sizeof backpropagation_swift},
  {"Listings/DigitsListing.swift", digits_swift, sizeof digits_swift},
  {"Listings/UnstableListing.swift", unstable_swift, sizeof unstable_swift},
  {"Listings/ReceptiveListing.swift", receptive_swift, sizeof receptive_swift},
  {"Listings/SharingListing.swift", sharing_swift, sizeof sharing_swift},
  {"Listings/PoolingListing.swift", pooling_swift, sizeof pooling_swift},
  {"Listings/LeNetListing.swift", lenet_swift, sizeof lenet_swift},
  {"Listings/ImageNetListing.swift", imagenet_swift, sizeof imagenet_swift},
  {"Listings/ProcessorsListing.swift", processors_swift, sizeof processors_swift},
  {"Listings/InitializationListing.swift", initialization_swift, sizeof initialization_swift},
  {"Listings/ConvergingListing.swift", converging_swift, sizeof converging_swift},
  {"Listings/DropoutListing.swift", dropout_swift, sizeof dropout_swift},
  {"Listings/AugmentationListing.swift", augmentation_swift, sizeof augmentation_swift},
  {"Listings/TransferListing.swift", transfer_swift, sizeof transfer_swift},
  {"Experiments/wider.json", wider_json, sizeof wider_json},
  {"Experiments/rates.json", rates_json, sizeof rates_json},
  {"Experiments/rate-too-small.json", rate_too_small_json, sizeof rate_too_small_json},
  {"Experiments/rate-too-large.json", rate_too_large_json, sizeof rate_too_large_json},
  {"Experiments/all-images.json", all_images_json, sizeof all_images_json},
  {"Experiments/independent.json", independent_json, sizeof independent_json},
  {"Experiments/first.json", first_json, sizeof first_json},
  {"Experiments/overfitting.json", overfitting_json, sizeof overfitting_json},
  {"Experiments/regularized.json", regularized_json, sizeof regularized_json},
  {"Experiments/training-size.json", training_size_json, sizeof training_size_json},
  {"Experiments/learning-speed.json", learning_speed_json, sizeof learning_speed_json},
  {"Experiments/initialization.json", initialization_json, sizeof initialization_json},
  {"Experiments/lenet.json", lenet_json, sizeof lenet_json},
  {"Experiments/dropout.json", dropout_json, sizeof dropout_json},
  {"Experiments/augmentation.json", augmentation_json, sizeof augmentation_json},
  {"Experiments/transfer.json", transfer_json, sizeof transfer_json},
  {"Experiments/transfer-embedded.json", transfer_embedded_json, sizeof transfer_embedded_json},
};

int64_t descent_course_asset(const char *name, const uint8_t **bytes) {
  for (size_t i = 0; i < sizeof assets / sizeof *assets; i++) {
    if (strcmp(assets[i].name, name) != 0) continue;
    *bytes = assets[i].bytes;
    return assets[i].count;
  }
  return -1;
}
