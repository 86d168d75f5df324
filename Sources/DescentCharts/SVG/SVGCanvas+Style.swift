extension SVGCanvas {
  /// The style sheet of every figure.
  ///
  /// The palette is that of Okabe and Ito, "Color Universal Design" (2008), which people with the
  /// common colour blindnesses can tell apart, without its yellow, which is faint on white; on dark
  /// its sky blue stands for blue, and the others are lighter. Dashes tell series apart where there is
  /// no colour.
  static let styleSheet = """
    .descent-figure{max-width:100%;height:auto;\
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
    .descent-figure text{fill:#1c1f23;font-size:12px;font-variant-numeric:tabular-nums}
    .descent-figure .title{font-size:17px;font-weight:600}
    .descent-figure .quiet{fill:#5a6169}
    .descent-figure .strong{font-weight:700}
    .descent-figure .wrong-text{fill:#a84a00;font-weight:700}
    .descent-figure .paper{fill:#fff}
    .descent-figure path{fill:none;stroke-linejoin:round}
    .descent-figure .grid{stroke:#e3e6ea}
    .descent-figure .axis{stroke:#8b939c}
    .descent-figure .frame{fill:none;stroke:#c9ced4}
    .descent-figure .wrong-frame{fill:none;stroke:#d55e00;stroke-width:3}
    .descent-figure .series{stroke-width:2}
    .descent-figure .dense{stroke-width:1.25}
    .descent-figure .s0{stroke:#0072b2}.descent-figure .f0{fill:#0072b2}
    .descent-figure .s1{stroke:#d55e00}.descent-figure .f1{fill:#d55e00}
    .descent-figure .s2{stroke:#009e73}.descent-figure .f2{fill:#009e73}
    .descent-figure .s3{stroke:#cc79a7}.descent-figure .f3{fill:#cc79a7}
    .descent-figure .s4{stroke:#1c1f23}.descent-figure .f4{fill:#1c1f23}
    .descent-figure .hit{fill:#0072b2}.descent-figure .miss{fill:#d55e00}
    .descent-figure image{image-rendering:pixelated}
    .descent-figure .smooth{image-rendering:auto}
    .descent-figure .ground{opacity:.45}
    .descent-figure .level{stroke:#1c1f23;stroke-opacity:.55}
    .descent-figure .halo{stroke:#fff;stroke-width:4.5;stroke-opacity:.75;stroke-linecap:round}
    .descent-figure .arrow{stroke:#1c1f23;stroke-width:1.6;stroke-linecap:round}
    .descent-figure path.mark{stroke:none}
    .descent-figure path.area{fill-opacity:.18;stroke:none}
    .descent-figure .facet{stroke:#1c1f23;stroke-opacity:.35;stroke-width:.6}
    .descent-figure .ring{fill:#fff;stroke-width:2}
    .descent-figure .ball{stroke:#fff;stroke-width:2}
    .descent-figure .w0{stroke-width:.6}.descent-figure .w1{stroke-width:1.2}
    .descent-figure .w2{stroke-width:2}.descent-figure .w3{stroke-width:2.8}
    .descent-figure .w4{stroke-width:3.6}
    .descent-figure .edge{stroke-opacity:.75}
    .descent-figure .unit{fill:#fff;stroke:#5a6169;stroke-width:1.5}
    .descent-figure .unit.lit{fill:#0072b2;stroke:#0072b2}
    .descent-figure .on-lit{fill:#fff;font-weight:700}
    .descent-figure .tag{paint-order:stroke;stroke:#fff;stroke-width:4px}
    @media screen and (prefers-color-scheme:dark){
    .descent-figure text{fill:#e8eaed}
    .descent-figure .quiet{fill:#a3abb4}
    .descent-figure .wrong-text{fill:#ff9a52}
    .descent-figure .paper{fill:#16191d}
    .descent-figure .grid{stroke:#2c3137}
    .descent-figure .axis{stroke:#7d858e}
    .descent-figure .frame{stroke:#4a5159}
    .descent-figure .s0{stroke:#56b4e9}.descent-figure .f0{fill:#56b4e9}
    .descent-figure .s1{stroke:#ff9a52}.descent-figure .f1{fill:#ff9a52}
    .descent-figure .s2{stroke:#3fc79a}.descent-figure .f2{fill:#3fc79a}
    .descent-figure .s3{stroke:#e2a3c7}.descent-figure .f3{fill:#e2a3c7}
    .descent-figure .s4{stroke:#e8eaed}.descent-figure .f4{fill:#e8eaed}
    .descent-figure .level{stroke:#fff;stroke-opacity:.6}
    .descent-figure .halo{stroke:#16191d}
    .descent-figure .arrow{stroke:#fff}
    .descent-figure .ring,.descent-figure .unit{fill:#16191d}
    .descent-figure .unit{stroke:#a3abb4}
    .descent-figure .unit.lit{fill:#56b4e9;stroke:#56b4e9}
    .descent-figure .on-lit{fill:#16191d}
    .descent-figure .ball{stroke:#16191d}
    .descent-figure .tag{stroke:#16191d}
    }
    """

  /// How many colours the style sheet has for series.
  static let seriesColors = 5
}
