import DescentCourse
import Testing
