import Compute
import NetworkGraph
import Scoring
import Testing

@Suite struct DeadLeavesTests {
  /// The digests were made by an independent program (numpy, one inside test a sample instead of spans).
  @Test(arguments: [
    (DataSet.cifar10, "c3bc68e53638cf0d"), (.cifar100, "c3bc68e53638cf0d"), (.imagenet16, "1e5d40e2093a4c93"),
    (.imagenet, "2f22428e8d3aaf85"),
  ])
  func firstImagesArePinned(dataSet: DataSet, digest: String) throws {
    let images = try Images.deadLeaves(dataSet, count: 16)
    #expect(images.digest == digest)
    #expect(images.identity == "\(dataSet.rawValue)/16/\(digest)")
    #expect(images.source == "dead-leaves")
    #expect(images.count == 16)
    #expect(images.bytes.count == 16 * dataSet.shape.count)
  }

  @Test(arguments: DataSet.allCases)
  func anImageDoesNotDependOnTheCount(dataSet: DataSet) throws {
    let many = try Images.deadLeaves(dataSet, count: 40)
    for count in [1, 2, 17] {
      let few = try Images.deadLeaves(dataSet, count: count)
      #expect(few.bytes.elementsEqual(many.bytes.prefix(count * dataSet.shape.count)))
    }
    var different: Set<[UInt8]> = []
    for start in stride(from: 0, to: many.bytes.count, by: dataSet.shape.count) {
      different.insert(Array(many.bytes[start..<start + dataSet.shape.count]))
    }
    #expect(different.count == 40)
  }

  /// A sample without a leaf would be black; leaves of that colour come once in sixteen million.
  @Test(arguments: [DataSet.cifar10, .imagenet16])
  func everyPixelIsCovered(dataSet: DataSet) throws {
    let images = try Images.deadLeaves(dataSet, count: 64)
    let plane = dataSet.shape.height * dataSet.shape.width
    for image in 0..<images.count {
      let start = image * dataSet.shape.count
      let black = (start..<start + plane).filter { pixel in
        images.bytes[pixel] == 0 && images.bytes[pixel + plane] == 0 && images.bytes[pixel + 2 * plane] == 0
      }
      #expect(black.isEmpty)
    }
  }

  /// Near zero mean and unit variance in every channel, as photographs of the data set have.
  @Test(arguments: [DataSet.cifar10, .cifar100, .imagenet16])
  func hasTheStatisticsOfPhotographs(dataSet: DataSet) throws {
    let batch = try Images.deadLeaves(dataSet, count: 256).batch()
    let plane = dataSet.shape.height * dataSet.shape.width
    for channel in 0..<3 {
      var sum = 0.0
      var squares = 0.0
      for image in 0..<256 {
        let start = (3 * image + channel) * plane
        for value in batch.values[start..<start + plane] {
          sum += Double(value)
          squares += Double(value) * Double(value)
        }
      }
      let mean = sum / Double(256 * plane)
      let variance = squares / Double(256 * plane) - mean * mean
      #expect(abs(mean) < 0.5)
      #expect((0.7...1.4).contains(variance))
    }
  }

  @Test(arguments: [Int.min, -1, 0, Images.maximumCount + 1, Int.max])
  func refusesACountThatCannotBe(count: Int) throws {
    let error = #expect(throws: ImageError.self) { try Images.deadLeaves(.cifar10, count: count) }
    #expect(error?.code == .unsuitableCount)
    #expect(error?.description.hasSuffix("not \(count)") == true)
  }
}
