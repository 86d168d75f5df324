/// The crash course: lessons whose figures and numbers are computed by the engine.
public enum Course {}
