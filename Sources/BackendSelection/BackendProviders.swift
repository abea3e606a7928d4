import CPUBackend
import Compute
import OpenCLBackend

/// Every backend there is: the one list to extend with another.
///
/// In the order in which devices are listed and `auto` looks for a GPU. The last one is what every machine has: `auto`
/// takes it where there is no GPU, and goes on with it when one fails.
let backendProviders: [any BackendProvider.Type] = [OpenCLProvider.self, CPUProvider.self]
