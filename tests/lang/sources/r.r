# Utilities.
library(stats)

#' Mean without NA.
#'
#' @param x numbers
#' @export
clean_mean <- function(x, na.rm = TRUE) {
  mean(x, na.rm = na.rm)
}

scale01 = function(x) (x - min(x)) / diff(range(x))

MAX_ITER <- 100
square <- \(x) x^2
print.shape <- function(x, ...) cat("shape")
assign("later", function() 1)
function(x) x -> triple
`%+%` <- function(a, b) paste0(a, b)
obj$method <- function(y) y
setGeneric("area", function(shape) standardGeneric("area"))
setMethod("area", "Circle", function(shape) 1)
setClass("Circle", representation(r = "numeric"))
Person <- R6Class("Person", public = list(
  greet = function() { cat("hi") }
))
outer <- function() {
  inner <- function() 1
  inner()
}
