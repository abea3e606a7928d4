import Foundation
import NetworkGraph
import Scoring
import TestSupport
import Testing

@Suite struct ReadingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func expectError(
    _ code: ImageError.Code, _ reason: String, _ path: String, _ dataSet: DataSet, _ count: Int,
    location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ImageError.self, sourceLocation: location) {
      try Images(file: path, dataSet: dataSet, count: count)
    }
    #expect(error?.code == code, sourceLocation: location)
    #expect(error?.description == reason, sourceLocation: location)
  }

  @Test(arguments: [(DataSet.cifar10, 1), (.cifar100, 1), (.cifar100, 2), (.imagenet16, 2)])
  func readsTheFirstRecordsInOrder(dataSet: DataSet, labelBytes: Int) throws {
    // More records than one read of the file takes in.
    let total = 400
    let pixels = dataSet.shape.count
    let path = try folder.write(
      syntheticRecords(labelBytes: labelBytes, pixels: pixels, count: total), "images.bin")
    for count in [1, 3, total] {
      let images = try Images(file: path, dataSet: dataSet, count: count)
      #expect(images.count == count)
      #expect(images.dataSet == dataSet)
      #expect(path.hasSuffix("/" + images.source))
      #expect(images.bytes.count == count * pixels)
      #expect(
        images.bytes.indices.allSatisfy {
          images.bytes[$0] == syntheticByte(image: $0 / pixels, position: $0 % pixels)
        })
    }
  }

  @Test func aDigestIsOfThePixelsAlone() throws {
    let one = try folder.write(syntheticRecords(labelBytes: 1, pixels: 3072, count: 2), "one.bin")
    let two = try folder.write(syntheticRecords(labelBytes: 2, pixels: 3072, count: 2), "two.bin")
    let fine = try Images(file: one, dataSet: .cifar100, count: 2)
    let coarse = try Images(file: two, dataSet: .cifar100, count: 2)
    let other = try Images(file: one, dataSet: .cifar10, count: 2)
    #expect(fine.digest == coarse.digest)
    #expect(fine.identity == coarse.identity)
    #expect(fine.digest == other.digest)
    #expect(fine.identity != other.identity)
    #expect(try Images(file: one, dataSet: .cifar100, count: 1).digest != fine.digest)
    #expect(fine.digest.count == 16)
  }

  @Test func tellsTheLayoutsOfCIFAR100ApartByTheSize() {
    func labelBytes(_ size: Int) -> Int? { DataSet.cifar100.layout(ofFileWithBytes: size)?.labelBytes }
    #expect(labelBytes(50_000 * 3074) == 2)
    #expect(labelBytes(10_000 * 3074) == 2)
    #expect(labelBytes(960 * 3073) == 1)
    #expect(labelBytes(3073 * 3074) == 2)
    #expect(labelBytes(3075) == nil)
    #expect(labelBytes(0) == nil)
  }

  @Test func saysWhatIsWrongWithTheName() throws {
    let missing = folder.file("missing.bin")
    expectError(.notFound, "there is no file \(missing)", missing, .cifar10, 1)
    expectError(.isDirectory, "\(folder.path) is a folder, not a file of images", folder.path, .cifar10, 1)
    let inside = try folder.write([1], "file") + "/below"
    expectError(.notFound, "there is no file \(inside)", inside, .cifar10, 1)
    expectError(
      .notReadable, "cannot read /dev/null: images come from a regular file, not a pipe or a device", "/dev/null",
      .cifar10, 1)
  }

  @Test func saysWhyTheSystemRefuses() throws {
    let long = folder.file(String(repeating: "x", count: 300))
    expectError(.notReadable, "cannot read \(long): File name too long", long, .cifar10, 1)
    // The superuser may read everything.
    guard getuid() != 0 else { return }
    let path = try folder.write([UInt8](repeating: 0, count: 3073), "secret.bin")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    expectError(.notReadable, "cannot read \(path): Permission denied", path, .cifar10, 1)
  }

  @Test func saysWhatIsWrongWithTheSize() throws {
    let empty = try folder.write([], "empty.bin")
    expectError(.empty, "\(empty) is empty", empty, .imagenet16, 1)

    let odd = try folder.write([UInt8](repeating: 0, count: 1000), "odd.bin")
    expectError(
      .unsuitableSize, "\(odd) has 1000 bytes, no whole number of cifar10 records of 3073 bytes", odd, .cifar10, 1)
    expectError(
      .unsuitableSize, "\(odd) has 1000 bytes, no whole number of cifar100 records of 3074 or 3073 bytes", odd,
      .cifar100, 1)

    let small = try folder.write([UInt8](repeating: 0, count: 1540), "small.bin")
    expectError(
      .unsuitableSize,
      "\(small) has 1540 bytes, no whole number of cifar10 records of 3073 bytes; it would be 2 records of "
        + "imagenet16-120 (770 bytes each)", small, .cifar10, 1)

    let wide = try folder.write([UInt8](repeating: 0, count: 9219), "wide.bin")
    expectError(
      .unsuitableSize,
      "\(wide) has 9219 bytes, no whole number of imagenet16-120 records of 770 bytes; it would be 3 records of "
        + "cifar10 (3073 bytes each) or 3 records of cifar100 (3073 bytes each)", wide, .imagenet16, 1)
  }

  @Test func saysHowManyImagesThereAre() throws {
    let three = try folder.write(syntheticRecords(labelBytes: 1, pixels: 3072, count: 3), "three.bin")
    expectError(.tooFewImages, "\(three) has 3 cifar10 images, fewer than the 4 wanted", three, .cifar10, 4)
    let single = try folder.write(syntheticRecords(labelBytes: 2, pixels: 768, count: 1), "single.bin")
    expectError(
      .tooFewImages, "\(single) has 1 imagenet16-120 image, fewer than the 128 wanted", single, .imagenet16, 128)
    expectError(.unsuitableCount, "at least one image is needed, not 0", three, .cifar10, 0)
    expectError(.unsuitableCount, "at least one image is needed, not -7", three, .cifar10, -7)
    expectError(
      .unsuitableCount, "at most 1048576 images are possible, not \(Int.max)", three, .cifar10, Int.max)
  }

  @Test func aFileOfAnotherKindIsNamedThoughItsSizeFits() throws {
    let header = [0x93] + Array("NUMPY".utf8) + [UInt8](repeating: 0, count: 122)
    // 64 images behind a header of NumPy are 64 records of CIFAR-100.
    let path = try folder.write(header + [UInt8](repeating: 1, count: 64 * 3072), "images.npy")
    expectError(
      .otherKind,
      "\(path) is a NumPy file: write records of a label and the planes red, green and blue as bytes with array.tofile",
      path, .cifar100, 64)
    let zip = try folder.write(Array("PK".utf8) + [3, 4] + [UInt8](repeating: 0, count: 3069), "images.zip")
    expectError(
      .otherKind, "\(zip) is a zip archive: unpack it and name the file of records inside", zip, .cifar10, 1)
  }

  @Test(
    arguments: [
      (DataSet.cifar10, [[9], [0], [10]], 10, "9"), (.cifar100, [[99], [0], [100]], 100, "99"),
      (.cifar100, [[19, 99], [0, 0], [20, 0]], 20, "19 and 99"),
      (.cifar100, [[0, 0], [19, 99], [0, 100]], 100, "19 and 99"),
      (.imagenet16, [[232, 3], [1, 0], [233, 3]], 1001, "1000"),
      (.imagenet, [[232, 3], [0, 0], [0, 4]], 1024, "1000"),
    ] as [(DataSet, [[UInt8]], Int, String)])
  func labelsThatCannotBeAreRefused(dataSet: DataSet, labels: [[UInt8]], label: Int, most: String) throws {
    let pixels = [UInt8](repeating: 200, count: dataSet.shape.count)
    let path = try folder.write(labels.flatMap { $0 + pixels }, "images.bin")
    #expect(try Images(file: path, dataSet: dataSet, count: 2).bytes == pixels + pixels)
    let error = #expect(throws: ImageError.self) { try Images(file: path, dataSet: dataSet, count: 3) }
    #expect(error?.code == .unsuitableLabel)
    let reason =
      "record 3 of \(path) has the label \(label), and those of \(dataSet.rawValue) are at most \(most): this "
      + "is no file of its records"
    #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
    // CIFAR's data sets have records of one length.
    #expect(error?.description.contains("; it would be 3 records of ") == (labels[0].count == 1))
  }

  @Test(arguments: [
    ("cifar10_first1024.bin", DataSet.cifar10, 1024), ("free_crops_1024.bin", .cifar10, 1024),
    ("cifar100_train_augmented_960.bin", .cifar100, 960), ("imagenet16_960.bin", .imagenet16, 960),
  ])
  func labelsOfRealFilesAreAllowed(name: String, dataSet: DataSet, count: Int) throws {
    guard let file = SharedData.url("images/\(name)") else { return }
    #expect(try Images(file: file.path, dataSet: dataSet, count: count).count == count)
  }

  @Test func knowsTheDataSets() {
    #expect(DataSet.allCases.map(\.rawValue) == ["cifar10", "cifar100", "imagenet16-120", "imagenet"])
    #expect(DataSet.allCases.map(\.classes) == [10, 100, 120, 1000])
    #expect(DataSet.allCases.map { $0.layouts.map(\.length) } == [[3073], [3074, 3073], [770], [150_530]])
  }
}
