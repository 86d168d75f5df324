// A ball that rolls down a valley: gradient descent on any differentiable function.
import Descent

func valley(_ v: Tensor) -> Tensor {
  let (x, y) = (v[0], v[1])
  return x * x + 10 * y * y
}

print(gradient(at: [2, -1], of: valley))
let path = GradientDescent(learningRate: 0.09, momentum: 0.5).minimize(from: [2, -1], valley)
print(path.end, path.values.last!, path.points.count, path.reason)
