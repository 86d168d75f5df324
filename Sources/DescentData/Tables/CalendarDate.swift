import Descent

/// A day of the calendar, with the time in it as a fraction.
struct CalendarDate {
  /// Days since 1970-01-01.
  var days: Double
  /// The place in the year, 0 to 1.
  var yearPart: Double
  /// The place in the week, 0 (Monday) to 1.
  var weekPart: Double

  /// Reads a date such as 2024-02-29, 29.02.2024 or 2/29/2024, with or without a time behind it;
  /// nil if the text is none, or no day of the calendar.
  init?(_ text: String, order: TableContract.DateOrder) {
    guard text.utf8.count <= 40 else { return nil }
    let halves = text.split(maxSplits: 1) { $0 == "T" || $0 == " " }
    guard let date = halves.first else { return nil }
    let parts = date.split(omittingEmptySubsequences: false) { "-/.".contains($0) }
    guard parts.count == 3, parts.allSatisfy({ (1...4).contains($0.count) }) else { return nil }
    let numbers = parts.compactMap { part in part.allSatisfy(\.isNumber) ? Int(part) : nil }
    guard numbers.count == 3 else { return nil }
    let (year, month, day) =
      switch order {
      case .yearMonthDay: (numbers[0], numbers[1], numbers[2])
      case .dayMonthYear: (numbers[2], numbers[1], numbers[0])
      case .monthDayYear: (numbers[2], numbers[0], numbers[1])
      }
    let yearDigits = order == .yearMonthDay ? parts[0].count : parts[2].count
    guard yearDigits == 4, (1...12).contains(month) else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...lengths[month - 1]).contains(day) else { return nil }

    let dayOfYear = lengths[..<(month - 1)].reduce(0, +) + day - 1
    let before = year - 1
    let leaps = before / 4 - before / 100 + before / 400
    var time = 0.0
    if halves.count == 2 {
      guard let part = Self.timeOfDay(halves[1]) else { return nil }
      time = part
    }
    // 719,162 days lie between 0001-01-01, a Monday, and 1970-01-01.
    let ordinal = before * 365 + leaps + dayOfYear
    days = Double(ordinal - 719_162) + time
    yearPart = (Double(dayOfYear) + time) / (isLeap ? 366 : 365)
    weekPart = (Double(ordinal % 7) + time) / 7
  }

  /// The share of the day that is over at a time such as 14:30 or 14:30:05.25Z.
  private static func timeOfDay(_ text: Substring) -> Double? {
    let clock = text.prefix { $0.isNumber || $0 == ":" || $0 == "." }
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return nil }
    let numbers = parts.compactMap { Double($0) }
    guard numbers.count == parts.count, (0..<24).contains(numbers[0]),
      numbers.dropFirst().allSatisfy({ (0..<61).contains($0) })
    else { return nil }
    let seconds = numbers.count > 2 ? numbers[2] : 0
    return (numbers[0] + numbers[1] / 60 + seconds / 3600) / 24
  }
}
