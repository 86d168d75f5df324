import Foundation

/// The folder for files that a test makes and removes again.
func temporaryFolder() -> String { FileManager.default.temporaryDirectory.path }
