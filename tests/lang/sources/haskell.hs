{-# LANGUAGE GADTs #-}
-- | Shapes and their areas.
module Geometry.Shape
  ( Shape (..), area ) where

import Data.List (foldl')

-- | A shape.
data Shape
  = Circle Double
  | Rect { width :: Double, height :: Double }
  deriving (Show)

newtype Name = Name { unName :: String }

type Pair a = (a, a)

-- | Has a size.
class Sized a where
  -- | The size.
  size :: a -> Int
  size _ = 0

instance Sized Shape where
  size (Circle _) = 1
  size _ = 2

-- | The area of a shape.
area :: Shape -> Double
area (Circle r) = pi * r * r
area (Rect w h) = w * h

limit :: Int
limit = 10

swap (a, b) = (b, a)

infixl 6 <+>
(<+>) :: Int -> Int -> Int
a <+> b = a + b

type family Elem c
data Expr a where
  IntE :: Int -> Expr Int
main :: IO ()
main = do
  print 1
