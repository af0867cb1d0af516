/// What is known of a request on the way to its answer.
struct Exchange {
    let requestID: String
    /// What it has of the memory for requests.
    let share: RequestShare
    var route: CollectorRoute?
    /// Whether the body, if there is one, has been read to its end.
    var isRead = true
    var bytes = 0
    /// The name of its key, once that is known.
    var source: String?
    /// How many events were stored.
    var events = 0
}
