import Accuracies
package import Figures
package import Studies

extension CorrelationReport {
  /// Score against accuracy, with one panel for each metric and data set.
  package func plot(title: String, of metrics: [Metric]) -> ScatterPlot {
    let panels = metrics.flatMap { metric in
      truth.dataSets.compactMap { dataSet in
        values(of: metric).map { values in
          ScatterPlot.Panel(
            title: "\(metric.title), \(dataSet)", xLabel: metric.title, yLabel: truth.label(of: dataSet), x: values,
            y: accuracies(on: dataSet) ?? [], kendallTauB: kendallTauB(of: metric, on: dataSet), names: names)
        }
      }
    }
    return ScatterPlot(title: title, panels: panels, columns: truth.dataSets.count)
  }
}
