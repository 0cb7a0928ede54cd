/// A library.
library geometry;
import 'dart:math';

const double tau = 6.28;
typedef Callback = void Function(int);

/// A shape.
abstract class Shape<T> extends Base with Printable implements Foo {
  final String name;
  static const int sides = 0;
  /// Makes one.
  Shape(this.name);
  Shape.unit() : name = 'unit';
  factory Shape.from(Map m) { return Circle(); }

  /// The area.
  double area();
  double get perimeter => 0;
  set label(String v) { name = v; }
  Future<void> draw(Canvas c) async {
    await c.draw();
  }
  static Shape parse(String s) => Circle();
  operator ==(Object o) => true;
}

mixin Printable on Object {
  void show() => print(this);
}

extension StringTools on String {
  String shout() => toUpperCase();
}

enum Color { red, green;
  int get code => 1;
}

/// Adds.
int add(int a, int b) => a + b;

void main() {
  print(add(1, 2));
}
